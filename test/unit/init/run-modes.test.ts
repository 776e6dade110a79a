import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { silentReporter } from "../../../src/base/report.ts";
import { answeredBefore } from "../../../src/init/restore-context.ts";
import {
  beginsAtOnce,
  ENDS,
  isTheEnd,
  notingAnswers,
  replaces,
  requireUnderstood,
  startsByItself,
} from "../../../src/init/run-modes.ts";
import { parseBootOptions } from "../../../src/init/words/boot-options.ts";
import texts from "../../../src/languages/fr.json" with { type: "json" };
import { type Answers, decodeAnswers } from "../../../src/restore/answers.ts";
import type { Ask } from "../../../src/ui/ask.ts";
import type { Screen } from "../../../src/ui/screens/screen.ts";
import { fakeHost } from "../../support/fake-host.ts";

const starts = (line: string, answers?: Answers) => startsByItself({ options: parseBootOptions(line), answers });

test("startsByItself() is true of a restore that a medium, the network or answers have chosen", () => {
  assert.ok(starts("RESTORE nuke mondo.set=6d6f6e64-6f00-4000-8000-000000000001"));
  assert.ok(starts("nuke mondo.once=request-1"));
  assert.ok(starts("nuke_mode pxe nfsmount=10.0.0.2:/mondo"));
  assert.ok(starts("mondo.answers=http://10.0.0.2/a/", { version: 1, mode: "nuke" }));
});

test("startsByItself() is false of what a person chose in a boot menu, and of all that asks or only reads", () => {
  assert.not(starts("nuke"));
  assert.not(starts("nuke", { version: 1, mode: "nuke" }));
  assert.not(starts("interactive pxe"));
  assert.not(starts("compare mondo.once=x", { version: 1, mode: "nuke" }));
  assert.not(starts("RESTORE compare"));
  assert.not(starts("", { version: 1, mode: "interactive" }));
  assert.not(starts(""));
});

test("requireUnderstood() refuses to erase by words of which one may be a misspelt wish to keep, and names no value", () => {
  const words = ["mondo.kep=auto", "mondo.Keep=auto", "mondo-keep=auto", "keep=auto", "keep", "mondokeep=/srv"];
  for (const word of [...words, "mondo.nopart", "mondo.answers=user:secret", "mondo.resume=Auto"]) {
    const options = parseBootOptions(`quiet nuke ${word}`);
    assert.throws(
      () => requireUnderstood(options),
      (error: MondoError) =>
        error instanceof MondoError &&
        error.code === "refused" &&
        error.message.includes(` ${word.replace(/=.*/, "")} `) &&
        !/secret|srv/.test(error.message),
      word,
    );
  }
  assert.match(parseBootOptions("nuke keep=auto").complaints[0] ?? "", /^keep=auto: expected mondo\.keep=auto/);
  assert.match(parseBootOptions("nuke mondo.nopart").complaints[0] ?? "", /^mondo\.nopart: expected nopart$/);
});

test("replaces() is true of all that needs no person to write: of questions, where answers have been given to them", () => {
  const asked: Answers = { version: 1, asked: [{ question: "Erase what is named above now?", answer: "yes" }] };
  for (const mode of ["nuke", "partition", "format"] as const) assert.ok(replaces(mode, undefined), mode);
  for (const mode of ["interactive", "files", "loader"] as const) {
    assert.ok(replaces(mode, asked), mode);
    assert.not(replaces(mode, { version: 1, mode }), mode);
  }
  for (const mode of ["compare", "mount", "edit"] as const) assert.not(replaces(mode, asked), mode);
  const options = parseBootOptions("format-only mondo.kep=auto");
  assert.throws(() => requireUnderstood(options, "format"), /so format doesn't begin by itself/);
});

test("beginsAtOnce() is false of questions alone that nobody has answered", () => {
  assert.not(beginsAtOnce("interactive", undefined));
  assert.not(beginsAtOnce("interactive", { version: 1, mode: "interactive" }));
  assert.ok(beginsAtOnce("interactive", { version: 1, asked: [] }));
  assert.ok(beginsAtOnce("interactive", { version: 1, unattended: true }));
  assert.ok(beginsAtOnce("compare", undefined));
});

test("isTheEnd() is true of what answers began, where they say what follows, and never of what a person chose", () => {
  for (const mode of ["nuke", "interactive"] as const) assert.ok(isTheEnd(mode, false, undefined), mode);
  for (const mode of ["files", "loader", "compare"] as const) {
    assert.ok(isTheEnd(mode, true, { version: 1, end: "poweroff" }), mode);
    assert.not(isTheEnd(mode, false, { version: 1, end: "poweroff" }), mode);
    assert.not(isTheEnd(mode, true, { version: 1 }), mode);
  }
});

const NAME: Screen = { title: "t", body: [], question: { kind: "line", text: "To erase it, type its name (sda):" } };
const ask: Ask = { ...({} as Ask), show: async () => "sda" };

test("what the rescue notes of full screens is a file of answers that answers them where nobody is", async () => {
  const host = fakeHost();
  const work = async (noted: Ask) => noted.show?.(NAME);
  assert.is(await notingAnswers({ host, reporter: silentReporter }, ask, work), "sda");
  const file = host.readText("/run/mondo/answers.json");
  const answers: Answers = { ...decodeAnswers(file, "answers.json"), unattended: true };
  const nobody = {} as Ask;
  assert.is(await answeredBefore({ ask: nobody, answers }).show?.(NAME), "sda");
});

test("notes that can't be written down change nothing of what was done, or of why it failed", async () => {
  const warned: string[] = [];
  const write = () => {
    throw new Error("no space left");
  };
  const reporter = { ...silentReporter, warn: (text: string) => void warned.push(text) };
  const rescue = { host: { ...fakeHost(), write }, reporter };
  assert.is(await notingAnswers(rescue, ask, async () => "done"), "done");
  const failed = notingAnswers(rescue, ask, async () => {
    throw new Error("the disk is gone");
  });
  assert.is(await failed.catch((error: Error) => error.message), "the disk is gone");
  assert.equal(warned, Array(2).fill("The answers could not be written down: no space left"));
});

test("a page tells each end of a mode in words that another language has", () => {
  for (const [outcome, [state, text]] of Object.entries(ENDS)) {
    assert.ok(Object.hasOwn(texts, text), text);
    assert.is(state === "done", outcome === "done" || outcome === "already");
  }
});

test("requireUnderstood() lets words of the kernel pass, known ones, and those that others outweigh", () => {
  for (const words of ["", "mondo.keep=auto", "resume=/dev/sda2 keepinitrd usb-storage.quirks=a RESTORE interactive"]) {
    requireUnderstood(parseBootOptions(`quiet nuke ${words}`));
  }
  requireUnderstood(parseBootOptions("nuke nfsmount=nas:/a mondo.source=nas2:/b"));
});

test.run();
