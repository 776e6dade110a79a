import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { run } from "../../support/shell.ts";

test("a protocol of the list alone is known to boot words, to -n, to SET, to all helps, and to what an image must hold", async () => {
  const program = join(import.meta.dirname, "../../support/made-up-share.ts");
  assert.equal(JSON.parse(await run([process.execPath, program])), {
    written: { source: "test://nas/b/monday" },
    complaints: [],
    image: "web1-1.iso",
    mounts: ["test://nas/b on /run/mondo-share to write", "unmounted", "test://nas/b/monday on /mnt/network to read"],
    needs: { tools: ["test-tool"], modules: ["test-module"] },
    set: ["test://nas/b", "web1-1.iso", ["/x/web1-1.iso", "/etc"]],
    isInHelp: [true, true, true],
  });
});

test.run();
