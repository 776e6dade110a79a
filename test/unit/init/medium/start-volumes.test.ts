import { test } from "uvu";
import * as assert from "uvu/assert";
import { plainVolumes } from "../../../../src/init/medium/start-volumes.ts";

test("plainVolumes() leaves out what has any segment with records that the kernel keeps", () => {
  const text = [
    "  vg/root linear",
    "  vg/root striped",
    "  vg/home thin",
    "  vg/pool thin-pool",
    "  vg/var cache",
    "  vg/www linear",
    "  vg/www writecache",
    "  vg/old mirror",
    "  vg/md raid5_ls",
    "  vg/lost error",
    "",
  ].join("\n");
  assert.equal(plainVolumes(text), {
    plain: ["vg/root"],
    others: ["vg/home", "vg/pool", "vg/var", "vg/www", "vg/old", "vg/md", "vg/lost"],
  });
  assert.equal(plainVolumes(""), { plain: [], others: [] });
});

test.run();
