import { test } from "uvu";
import * as assert from "uvu/assert";
import { renderPhases } from "../../../src/init/phases.ts";
import { parseBootOptions } from "../../../src/init/words/boot-options.ts";

test("renderPhases() prints the phases of a command line", () => {
  const plain = renderPhases(parseBootOptions("nuke")).split("\n");
  assert.equal(
    plain.map((line) => line.split(" ")[0]),
    ["cmdline", "firmware", "medium", "manifest", "devices", "mode"],
  );
  assert.ok(plain.at(-1)?.endsWith("nuke"));
  assert.match(renderPhases(parseBootOptions("pxe mondo.shell")), /^cmdline[\s\S]*shell[\s\S]*network[\s\S]*medium/);
});

test.run();
