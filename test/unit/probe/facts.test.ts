import { test } from "uvu";
import * as assert from "uvu/assert";
import { describeMachine } from "../../../src/probe/describe-volumes.ts";
import { wholeDisks } from "../../../src/probe/facts.ts";
import { readDevices } from "../../../src/probe/read-devices.ts";
import { blankDisks, fakeHost } from "../../support/fake-host.ts";

const GIB = 1 << 30;

test("wholeDisks() leaves out partitions, volumes and drives without a medium", async () => {
  const files = {
    ...blankDisks({ vda: 8 * GIB, vdb: 0, vdc: 1 * GIB }),
    "/sys/class/block/vdc/partition": "1\n",
    "/sys/devices/vda/vdc/dev": "254:99\n",
    ...blankDisks({ md0: 8 * GIB }),
    "/sys/class/block/md0/slaves/vda": "",
  };
  const host = fakeHost({ files, links: { "/sys/class/block/vdc": "/sys/devices/vda/vdc" } });
  const facts = await readDevices({
    ...host,
    realPath: (path) => (path.endsWith("/vdc") ? "/sys/devices/vda/vdc" : path),
  });
  assert.equal(facts.devices.map(({ name }) => name).sort(), ["md0", "vda", "vdb", "vdc"]);
  assert.equal(
    wholeDisks(facts).map(({ name }) => name),
    ["vda"],
  );
  assert.equal(
    describeMachine(facts).nodes.map(({ id }) => id),
    ["disk:vda"],
  );
});

test.run();
