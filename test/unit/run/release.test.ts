import { test } from "uvu";
import * as assert from "uvu/assert";
import type { MondoError } from "../../../src/base/errors.ts";
import { releaseVolumes, volumesAbove } from "../../../src/run/release.ts";
import { fakeHost } from "../../support/fake-host.ts";

const sys = (path: string) => `/sys/class/block/${path}`;
/** A disk with a partition in an array, a volume group with one volume on it; the disk's other partition is free. */
const files = {
  [sys("sda/sda1/partition")]: "1\n",
  [sys("sda1/partition")]: "1\n",
  [sys("sda1/holders/md0")]: "",
  [sys("md0/md/level")]: "raid1\n",
  [sys("md0/holders/dm-0")]: "",
  [sys("dm-0/dm/uuid")]: "LVM-abc\n",
  [sys("dm-0/dm/name")]: "vg--x-root\n",
};

function machine(more: Readonly<Record<string, string>> = {}, fails = false) {
  const ran: string[] = [];
  const host = fakeHost({
    files: { ...files, ...more },
    async run({ argv }) {
      ran.push(argv.join(" "));
      if (fails) throw new Error("Device or resource busy");
      return { code: 0, stdout: "", stderr: "" };
    },
  });
  return { host, ran };
}

async function refusal(act: Promise<void>): Promise<string> {
  const error = (await act.then(
    () => undefined,
    (cause: unknown) => cause,
  )) as MondoError;
  assert.is(error?.code, "refused");
  return error.message;
}

test("volumesAbove() lists what stands on top first", () => {
  assert.equal(volumesAbove(machine().host, "sda"), ["dm-0", "md0"]);
  assert.equal(volumesAbove(machine().host, "dm-0"), []);
});

test("releaseVolumes() removes logical volumes, then stops arrays", async () => {
  const { host, ran } = machine();
  await releaseVolumes(host, "/dev/sda");
  assert.equal(ran, ["dmsetup remove --retry --verifyudev vg--x-root", "mdadm --stop /dev/md0"]);
});

test("releaseVolumes() refuses what is in use, and a mapping that is none of ours", async () => {
  const busy = await refusal(releaseVolumes(machine({}, true).host, "/dev/sda"));
  assert.is(busy, "dm-0 on /dev/sda can't be stopped: Device or resource busy");
  const { host, ran } = machine({ [sys("dm-0/dm/uuid")]: "CRYPT-PLAIN-abc\n" });
  assert.is(await refusal(releaseVolumes(host, "/dev/sda")), "/dev/sda is in use by dm-0, which can't be stopped here");
  assert.equal(ran, []);
});

test("releaseVolumes() closes an open LUKS volume", async () => {
  const { host, ran } = machine({ [sys("dm-0/dm/uuid")]: "CRYPT-LUKS2-abc\n" });
  await releaseVolumes(host, "/dev/sda");
  assert.equal(ran, ["cryptsetup close vg--x-root", "mdadm --stop /dev/md0"]);
});

test.run();
