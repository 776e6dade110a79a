import { test } from "uvu";
import * as assert from "uvu/assert";
import { startsByItself } from "../../../src/init/run-modes.ts";
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

test.run();
