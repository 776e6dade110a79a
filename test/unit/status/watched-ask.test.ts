/** A browser's answers, where it is allowed: whatever lies over the question, and wherever somebody sits. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { placeQuestion } from "../../../src/init/person/source-fields.ts";
import { newStatusDesk } from "../../../src/status/status-desk.ts";
import { type Watch, watchedAsk, watchedCountdown } from "../../../src/status/watched-ask.ts";
import { countdown, type StoppedBy } from "../../../src/ui/countdown.ts";
import type { Screen } from "../../../src/ui/screens/screen.ts";
import type { Ui } from "../../../src/ui/screens/which-ui.ts";
import { screensOn, settled } from "../../support/rescue-seat.ts";

const choices = Array.from({ length: 12 }, (_, at) => ({ key: `key${at + 1}`, label: `Label ${at + 1}` }));
const [CONSOLE, SERIAL] = ["/dev/tty1", "/dev/ttyS0"];
const BOTH = [CONSOLE, SERIAL];
const [LOG, SHELL] = ["\x0f", "\x1a"];

function watched(ui: Ui, paths: readonly string[] = [CONSOLE]) {
  const seat = screensOn(paths, ui);
  const desk = newStatusDesk();
  const noted: string[] = [];
  const note = (text: string) => {
    noted.push(text);
    seat.consoles.write(`  ${text}\n`);
  };
  const watch: Watch = { desk, said: () => ["said before"], note };
  desk.allow(true);
  const waits = async (what: RegExp, path = CONSOLE) => {
    await settled(() => what.test(seat.textOn(path)));
    assert.match(seat.textOn(path), what);
    return desk.question?.id ?? 0;
  };
  /** What a browser says to the question that waits. */
  const say = (answer: string) => desk.answer(desk.question?.id ?? 0, answer);
  return { ...seat, desk, noted, watch, waits, say, ask: watchedAsk(seat.screens, watch) };
}

for (const ui of ["plain", "full"] as const) {
  test(`${ui}: a choice, a line and yes or no are answered, whatever somebody has begun to type`, async () => {
    const { ask, desk, type, waits, say, noted, screens } = watched(ui);
    const chosen = ask.menu("Which?", choices, "key1");
    const id = await waits(/Which\?/);
    type(CONSOLE, "3");
    assert.match(say("13") ?? "", /no such choice/);
    assert.is(say("key12"), undefined);
    assert.match(desk.answer(id, "key1") ?? "", /answered already/, "the console hasn't let go of it yet");
    assert.is(await chosen, "key12");
    assert.match(desk.answer(id, "key1") ?? "", /answered already/);
    const check = (line: string) => (line === "bad" ? "that is bad" : undefined);
    const line = ask.line("Directory", { check, initial: "/mnt" });
    await waits(/Directory/);
    assert.equal(desk.question?.answering, { kind: "line", initial: "/mnt" });
    type(CONSOLE, "/half");
    assert.is(say("bad"), "that is bad");
    assert.match(say("a\rb") ?? "", /one line/);
    assert.is(say("/srv"), undefined);
    assert.is(await line, "/srv");
    const empty = ask.line("Other directory", { check, initial: "/mnt" });
    await waits(/Other directory/);
    assert.is(say(""), undefined);
    assert.is(await empty, "/mnt");
    for (const [word, answer] of [
      ["yes", true],
      ["no", false],
    ] as const) {
      const agreed = ask.confirm(`Erase ${word}?`, false);
      await waits(new RegExp(`Erase ${word}`));
      assert.match(say("maybe") ?? "", /yes or no/);
      assert.is(say(word), undefined);
      assert.is(await agreed, answer);
    }
    assert.equal(noted.slice(0, 3), [
      "Answered by a browser: Which? key12",
      "Answered by a browser: Directory /srv",
      "Answered by a browser: Other directory /mnt",
    ]);
    assert.is(noted.length, 5);
    screens.close();
  });

  test(`${ui}: a question that is answered before it is seen is not asked any more`, async () => {
    const { ask, say, type, waits, screens, pass } = watched(ui);
    const chosen = ask.menu("Which?", choices);
    assert.is(say("key12"), undefined);
    assert.is(await chosen, "key12");
    const next = ask.menu("And now?", choices);
    await waits(/And now\?/);
    await pass(1000);
    type(CONSOLE, "2\r");
    assert.is(await next, "key2");
    screens.close();
  });
}

for (const [what, keys] of [
  ["the log", LOG],
  ["help", "\x07"],
] as const) {
  test(`an answer is taken whole while somebody looks at ${what}, and the next screen tells of it`, async () => {
    const { ask, say, type, waits, screens, pass, textOn } = watched("full");
    await screens.open();
    const line = ask.line("Directory");
    await waits(/Directory/);
    type(CONSOLE, keys);
    assert.not.match(textOn(CONSOLE), /^Directory/m);
    assert.is(say("/srv/lib/data?"), undefined);
    assert.is(await line, "/srv/lib/data?");
    // Nothing is asked: the work is shown, and the panel is gone.
    await pass(200);
    assert.match(textOn(CONSOLE), /Answered by a browser: Directory \/srv\/lib\/data\?/);
    const chosen = ask.menu("Which?", choices, "key1");
    await waits(/Answered by a browser: Directory \/srv\/lib\/data\?[\s\S]*Which\?/);
    type(CONSOLE, keys);
    assert.is(say("key2"), undefined);
    assert.is(await chosen, "key2");
    screens.close();
  });
}

test("a whole screen, too, tells that the question before it was answered elsewhere", async () => {
  const { ask, say, type, waits, screens, textOn } = watched("full");
  await screens.open();
  const screen = (text: string): Screen => ({
    ...{ title: "Disks", body: [] },
    question: { kind: "choice", text, choices: choices.slice(0, 2) },
  });
  const first = ask.show?.(screen("First?"));
  await waits(/First\?/);
  say("key2");
  assert.is(await first, "key2");
  const second = ask.show?.(screen("Second?"));
  await waits(/Answered by a browser: First\? key2[\s\S]*Second\?/);
  type(CONSOLE, "1\r");
  assert.is(await second, "key1");
  void ask.show?.(screen("Third?"));
  await waits(/Third\?/);
  assert.not.match(textOn(CONSOLE), /browser/, "it was told");
  screens.close();
});

test("an answer is taken while a shell has the console, which shows what came of it afterwards", async () => {
  const { ask, say, type, waits, screens, leaveShell, pass, textOn, consoles } = watched("full");
  const chosen = ask.menu("Which?", choices, "key1");
  await waits(/Which\?/);
  type(CONSOLE, SHELL);
  type(CONSOLE, "2\r");
  assert.is(say("key12"), undefined);
  assert.is(await chosen, "key12");
  const next = ask.menu("And now?", choices, "key1");
  await pass(2000);
  assert.not.match(textOn(CONSOLE), /And now/);
  leaveShell();
  await waits(/Answered by a browser: Which\? key12[\s\S]*And now\?/);
  type(CONSOLE, "3\r");
  assert.is(await next, "key3");
  const third = ask.menu("And then?", choices);
  await waits(/And then\?/);
  assert.not.match(textOn(CONSOLE), /browser/, "what stood above the last question is not told again");
  type(CONSOLE, "s");
  consoles.write("You are root\n");
  assert.is(say("key1"), undefined);
  assert.is(await third, "key1");
  leaveShell();
  void ask.menu("And at last?", choices);
  await waits(/Answered by a browser: And then\? key1[\s\S]*And at last\?/);
  assert.not.match(textOn(CONSOLE), /You are root/, "what was said to the shell is not for the next question");
  screens.close();
});

test("an answer is taken when the last key came from another console than the question is on", async () => {
  const { ask, say, type, waits, screens, textOn } = watched("full", BOTH);
  const line = ask.line("Directory");
  await waits(/Directory/);
  type(SERIAL, "\0");
  assert.is(say("/srv"), undefined);
  assert.is(await line, "/srv");
  assert.match(textOn(SERIAL), /Answered by a browser: Directory \/srv/);
  screens.close();
});

test("plain lines on two consoles wait no longer for what a browser has answered, and say so", async () => {
  const { ask, say, type, waits, noted, textOn } = watched("plain", BOTH);
  const first = ask.menu("Which?", choices, "key1");
  for (const path of BOTH) await waits(/Number \[1\]:/, path);
  type(SERIAL, "7");
  assert.is(say("key12"), undefined);
  assert.is(await first, "key12");
  const second = ask.menu("And now?", choices, "key1");
  for (const path of BOTH) {
    await waits(/Number \[1\]: 7\n {2}Answered by a browser: Which\? key12\n/, path);
    await waits(/And now\?/, path);
  }
  type(CONSOLE, "2\r");
  assert.is(await second, "key2");
  assert.equal(noted, ["Answered by a browser: Which? key12"]);
  assert.is(textOn(SERIAL).split("Please type").length, 1, "the key of before is no part of the next answer");
});

test("what somebody answers at the console is no question for a browser any more; a screen is shown with its lines", async () => {
  const { ask, desk, type, waits, screens } = watched("full");
  await screens.open();
  const screen: Screen = {
    ...{ title: "Disks", body: [{ kind: "warning", lines: ["sda is ERASED"] }] },
    question: { kind: "choice", text: "Go on?", choices: choices.slice(0, 2) },
  };
  const shown = ask.show?.(screen);
  const id = await waits(/Go on\?/);
  assert.equal(desk.question?.lines, ["said before", "! sda is ERASED"]);
  type(CONSOLE, "2\r");
  assert.is(await shown, "key2");
  assert.is(desk.question, undefined);
  assert.match(desk.answer(id, "key1") ?? "", /answered already/);
  screens.close();
});

test("nothing is answered that nobody has allowed, that is secret, or that is for another question", async () => {
  const { ask, desk, type, waits, noted, screens } = watched("plain");
  const secret = ask.line("Pass phrase", { secret: true });
  const id = await waits(/Pass phrase/);
  assert.match(desk.answer(id, "guess") ?? "", /at the console only/);
  type(CONSOLE, "hidden\r");
  assert.is(await secret, "hidden");
  const chosen = ask.menu("Which?", choices);
  const next = await waits(/Which\?/);
  assert.match(desk.answer(id, "key1") ?? "", /answered already/);
  assert.match(desk.answer(Number.NaN, "key1") ?? "", /answered already/);
  desk.allow(false);
  assert.match(desk.answer(next, "key1") ?? "", /nobody has typed "allow"/);
  type(CONSOLE, "2\r");
  assert.is(await chosen, "key2");
  assert.equal(noted, []);
  screens.close();
});

test("a choice that only somebody at the console can go on with is none for a browser", async () => {
  const { ask, desk, type, waits, say } = watched("plain");
  const shell = { key: "shell", label: "Open a shell", isForConsole: true } as const;
  const chosen = ask.menu("What?", [shell, ...choices.slice(0, 1)]);
  await waits(/What\?/);
  assert.equal(desk.question?.answering, { kind: "choice", choices: choices.slice(0, 1) });
  assert.match(say("shell") ?? "", /no such choice/);
  type(CONSOLE, "shell\r");
  assert.is(await chosen, "shell");
});

for (const [typed, shown] of [
  ["https://joe:secret@nas/web1/", "https://nas/web1/"],
  ["https://joe:se@cret@nas/web1/?token=secret", "https://nas/web1/?..."],
  ["davs://joe:secret@nas/web1", "davs://joe@nas/web1"],
] as const) {
  test(`${typed}: the password is neither noted nor said on a console`, async () => {
    const { ask, say, waits, noted, textOn } = watched("plain", BOTH);
    const question = placeQuestion({ kind: "web" }, undefined);
    const place = ask.line(question.text, question);
    await waits(/Where is it\?/);
    assert.is(say(typed), undefined);
    assert.is(await place, typed);
    assert.equal(noted, [`Answered by a browser: Where is it? ${shown}`]);
    for (const path of BOTH) assert.not.match(textOn(path), /cret/);
  });
}

test("a question that ends in an error waits no longer", async () => {
  const { ask, desk, type, waits } = watched("plain");
  const cancelled = ask.menu("Which?", choices).catch((error: Error) => error.message);
  await waits(/Which\?/);
  type(CONSOLE, "\x03");
  assert.match(String(await cancelled), /\^C/);
  assert.is(desk.question, undefined);
});

for (const ui of ["plain", "full"] as const) {
  const counted = async (by: StoppedBy) => {
    const { screens, desk, host, consoles, watch, say, noted, textOn } = watched(ui, BOTH);
    if (ui === "full") await screens.open();
    // Time passes as what goes on here lets it.
    const slowly = { ...host, sleep: (ms: number) => Bun.sleep(1).then(() => host.sleep(ms)) };
    const ended = watchedCountdown(watch, "ERASED in", 10, by, (signal) =>
      countdown(slowly, consoles, 20, "ERASED in", signal),
    );
    await settled(() => /19 s/.test(textOn(SERIAL)));
    const { answering } = desk.question ?? {};
    const complaint = say("stop");
    const how = await ended;
    screens.close();
    return { how, complaint, answering, noted, serial: textOn(SERIAL), left: desk.question };
  };

  test(`${ui}: a browser stops a countdown, and every console says so`, async () => {
    const { how, complaint, answering, noted, serial, left } = await counted("anybody");
    assert.equal([how, complaint, left], ["stopped", undefined, undefined]);
    assert.equal(answering, { kind: "stop" });
    assert.equal(noted, ["Stopped by a browser: ERASED in"]);
    assert.match(serial, /\nStopped\.\n {2}Stopped by a browser: ERASED in\n/);
  });

  test(`${ui}: a countdown after which something is typed at the console is seen, and not stopped from afar`, async () => {
    const { how, complaint, answering, noted, serial } = await counted("console");
    assert.equal([how, complaint], ["elapsed", "Only a key at the console stops it."]);
    assert.equal(answering, { kind: "console" });
    assert.equal(noted, []);
    assert.not.match(serial, /Stopped/);
  });
}

test.run();
