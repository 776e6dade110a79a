import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { erases, requireUnderstood, startsByItself } from "../../../src/init/run-modes.ts";
import { parseBootOptions } from "../../../src/init/words/boot-options.ts";
import type { Answers } from "../../../src/restore/answers.ts";

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

test("erases() is true of all that needs no person to erase: of questions, where answers have been given to them", () => {
  const asked: Answers = { version: 1, asked: [{ question: "Erase what is named above now?", answer: "yes" }] };
  for (const mode of ["nuke", "partition", "format"] as const) assert.ok(erases(mode, undefined), mode);
  assert.ok(erases("interactive", asked));
  assert.not(erases("interactive", { version: 1 }));
  for (const mode of ["compare", "mount", "edit", "files"] as const) assert.not(erases(mode, asked), mode);
  const options = parseBootOptions("format-only mondo.kep=auto");
  assert.throws(() => requireUnderstood(options, "format"), /so format doesn't begin by itself/);
});

test("requireUnderstood() lets words of the kernel pass, known ones, and those that others outweigh", () => {
  for (const words of ["", "mondo.keep=auto", "resume=/dev/sda2 keepinitrd usb-storage.quirks=a RESTORE interactive"]) {
    requireUnderstood(parseBootOptions(`quiet nuke ${words}`));
  }
  requireUnderstood(parseBootOptions("nuke nfsmount=nas:/a mondo.source=nas2:/b"));
});

test.run();
