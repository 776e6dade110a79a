/** Arrays are written to when they are whole, or lack what they lacked when they were saved. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { startRaid } from "../../../../src/drivers/volume/md-start.ts";
import type { KernelVolume } from "../../../../src/drivers/volume-contract.ts";
import type { Raid } from "../../../../src/layout/types.ts";
import { fakeHost } from "../../../support/fake-host.ts";

const saved = (members: number) =>
  ({
    ...{ kind: "raid", path: "/dev/md0", uuid: "u", slots: 2 },
    members: [0, 1].slice(0, members).map((slot) => ({ slot, on: `d${slot}` })),
  }) as unknown as Raid;
const array: KernelVolume = { name: "md0", path: "/dev/md0", sizeBytes: 9, slaves: [] };

/** What mdadm is called with. */
async function started(
  degraded: number,
  { members = 2, writable = true, state = "readonly", isRunning = false } = {},
): Promise<string[] | Error> {
  const calls: string[] = [];
  const about = "/sys/class/block/md0/md";
  const host = fakeHost({
    files: { [`${about}/array_state`]: `${state}\n`, [`${about}/degraded`]: `${degraded}\n` },
    run: async ({ argv }) => {
      if (argv[0] === "mdadm") calls.push(argv.slice(1).join(" "));
      return { code: 0, stdout: "", stderr: "" } as never;
    },
  });
  const isThere = () => isRunning || calls.some((call) => call.startsWith("--assemble"));
  const look = async () => ({ devices: isThere() ? [array] : [], idleMember: () => undefined });
  const start = { host, layout: { version: 1 as const, nodes: [] }, look, writable, release: async () => {} };
  try {
    await startRaid(saved(members), start);
    return calls;
  } catch (error) {
    return Object.assign(error as Error, { calls });
  }
}

const ASSEMBLE = "--assemble --readonly --run /dev/md0 --uuid=u";
const WRITE = "--readwrite /dev/md0";

test("a whole array is assembled read-only, and then written to if it is to be", async () => {
  assert.equal(await started(0), [ASSEMBLE, WRITE]);
  assert.equal(await started(1, { writable: false }), [ASSEMBLE]);
});

test("one that lacks members is not written to, also if a comparison has started it", async () => {
  for (const more of [{}, { isRunning: true }, { isRunning: true, state: "read-auto" }]) {
    const error = (await started(1, more)) as Error & { calls: string[] };
    assert.instance(error, Error);
    assert.match(error.message, /\/dev\/md0 lacks 1 of its 2 members here/);
    assert.not.ok(error.calls.includes(WRITE));
  }
});

test("one that was saved so is, and one that somebody has made writable", async () => {
  assert.equal(await started(1, { members: 1 }), [ASSEMBLE, WRITE]);
  assert.equal(await started(1, { isRunning: true, state: "clean" }), [WRITE]);
});

test.run();
