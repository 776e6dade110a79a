import { test } from "uvu";
import * as assert from "uvu/assert";
import { msg, tellIn } from "../../../src/base/message.ts";
import type { Ask } from "../../../src/ui/ask.ts";
import {
  decodeGivenAnswers,
  encodeGivenAnswers,
  type GivenAnswer,
  recordingAsk,
  replayingAsk,
} from "../../../src/ui/given-answers.ts";
import type { Screen } from "../../../src/ui/screens/screen.ts";

test.after.each(() => tellIn(undefined));

const choices = ["go", "back"].map((key) => ({ key, label: key }));
const screen = (text: string, more: readonly string[] = ["go", "back"]): Screen => ({
  ...{ title: `title of ${text}`, body: [] },
  question: { kind: "choice", text, choices: more.map((key) => ({ key, label: key })) },
});

/** Somebody who gives these answers in turn. */
function person(answers: readonly string[], isFull = false): Ask {
  const left = [...answers];
  const next = async () => left.shift() ?? "none";
  const ask = { menu: next, line: next, confirm: async () => (await next()) === "yes" };
  // As the one on a terminal, it is an object with methods that need it.
  const full = {
    ...ask,
    show() {
      assert.is(this, full);
      return next();
    },
  };
  return isFull ? full : ask;
}

async function play(ask: Ask): Promise<readonly unknown[]> {
  return [
    await ask.menu("Which?", choices),
    await ask.confirm("Sure?"),
    await ask.line("Name"),
    await ask.line("Pass phrase", { secret: true }),
    await ask.menu("Which?", choices),
  ];
}

test("a session plays again as it was, but for its secrets, which are nowhere in the file", async () => {
  const { ask, recorded } = recordingAsk(person(["go", "yes", "web1", "open sesame", "back"]));
  const first = await play(ask);
  const file = encodeGivenAnswers(recorded());
  assert.not.match(file, /sesame/);
  const again = replayingAsk(decodeGivenAnswers(file, "f"), "f", person(["open sesame"]));
  assert.equal(await play(again), first);
});

for (const isFull of [false, true]) {
  test(`a line with a secret in it is noted as one (${isFull ? "a screen" : "plain"})`, async () => {
    const { ask, recorded } = recordingAsk(person(["https://joe:secret@nas/", "https://nas/"], isFull));
    const shown = (line: string) => line.replace(/\/\/.*@/, "//");
    for (const text of ["First", "Second"]) {
      if (ask.show) await ask.show({ title: "t", body: [], question: { kind: "line", text, shown } });
      else await ask.line(text, { shown });
    }
    assert.equal(recorded().asked, [
      { question: "First", secret: true },
      { question: "Second", answer: "https://nas/" },
    ]);
  });
}

const replay = (asked: readonly GivenAnswer[], fallback?: Ask) =>
  replayingAsk({ asked: [...asked], ui: "plain" }, "web1.json", fallback);

async function failure(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "nothing",
    (error: Error) => error.message,
  );
}

test("where nobody is, a question without an answer is named", async () => {
  const ask = replay([{ question: "Which?", answer: "go" }]);
  assert.is(await ask.menu("Which?", choices), "go");
  assert.match(await failure(ask.menu("Which?", choices)), /no answer was given in advance to: Which\?/);
  assert.match(await failure(replay([]).confirm("Sure?", true)), /Sure\?/);
  assert.match(await failure(replay([]).line("Name", { initial: "x" })), /Name/);
  assert.match(await failure(replay([]).line("Pass phrase", { secret: true })), /Pass phrase/);
});

test("after a question that nobody answers no other is, whatever the file has", async () => {
  const ask = replay([{ question: "Which?", answer: "go" }]);
  assert.match(await failure(ask.line("Name")), /to: Name$/);
  assert.match(await failure(ask.menu("Which?", choices)), /to: Name$/);
});

test("answers are checked as those of a person", async () => {
  const one = (question: string, answer: string) => replay([{ question, answer }]);
  assert.match(
    await failure(one("Which?", "nuke").menu("Which?", choices)),
    /"nuke" in web1\.json is not possible \(there is go, back\)/,
  );
  assert.match(await failure(one("Sure?", "perhaps").confirm("Sure?")), /yes or no/);
  assert.match(await failure(one("Name", "a/b").line("Name", { check: () => "no slash" })), /no slash/);
});

test("screens are answered without being shown, and those with one way on need no answer", async () => {
  const { ask, recorded } = recordingAsk(person(["go", "on"], true));
  await ask.show?.(screen("Restore these?"));
  await ask.show?.(screen("", ["on"]));
  const answers = recorded();
  assert.equal(
    answers.asked.map(({ question }) => question),
    ["Restore these?", "title of "],
  );
  const again = replayingAsk(answers, "f", undefined);
  assert.is(await again.show?.(screen("Restore these?")), "go");
  assert.is(await again.show?.(screen("something new", ["on"])), "on");
  assert.match(await failure(again.show?.(screen("Erase?")) ?? Promise.resolve()), /Erase\?/);
  assert.is(replay([]).show, undefined);
});

test("what is no file of answers is refused with its place", () => {
  for (const [text, why] of [
    ["[", /isn't JSON/],
    ["{}", /version/],
    ['{"version":1,"ui":"plain","asked":[{"question":1}]}', /asked\.0\.question/],
    ['{"version":1,"ui":"plain","asked":[],"more":1}', /more/],
  ] as const) {
    assert.throws(() => decodeGivenAnswers(text, "f"), why);
  }
});

test("a session in French is written down in English, and plays again in both languages", async () => {
  const texts = {
    "Which?": "Lequel\u00a0?",
    "Sure?": "S\u00fbr\u00a0?",
    Name: "Nom",
    "Pass phrase": "Phrase de passe",
  };
  const session = async (ask: Ask) => [
    await ask.menu(msg`Which?`, choices),
    await ask.confirm(msg`Sure?`),
    await ask.line(msg`Name`),
    await ask.line(msg`Pass phrase`, { secret: true }),
    await ask.menu(msg`Which?`, choices),
  ];
  const answers = ["go", "yes", "web1", "open sesame", "back"];
  tellIn({ language: "fr", texts });
  const { ask, recorded } = recordingAsk(person(answers));
  const first = await session(ask);
  const french = encodeGivenAnswers(recorded());
  tellIn(undefined);
  const other = recordingAsk(person(answers));
  await session(other.ask);
  assert.is(french, encodeGivenAnswers(other.recorded()));
  for (const catalog of [undefined, { language: "fr", texts }]) {
    tellIn(catalog);
    const again = replayingAsk(decodeGivenAnswers(french, "f"), "f", person(["open sesame"]));
    assert.equal(await session(again), first);
  }
  // Somebody who writes answers by hand copies questions as they read them.
  const byHand = replay([{ question: "Nom", answer: "web2" }]);
  assert.is(await byHand.line(msg`Name`), "web2");
});

test.run();
