import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeManifest } from "../../../../src/archive/set/manifest.ts";
import { decodeText } from "../../../../src/base/bytes.ts";
import { MondoError } from "../../../../src/base/errors.ts";
import { silentReporter } from "../../../../src/base/report.ts";
import { encodeFatImage } from "../../../../src/formats/fs/fat-image.ts";
import type { Host } from "../../../../src/host/host.ts";
import { readFromStick } from "../../../../src/init/medium/read-from-stick.ts";
import type { Rescue } from "../../../../src/init/rescue.ts";
import { restoreContext } from "../../../../src/init/restore-context.ts";
import { parseBootOptions } from "../../../../src/init/words/boot-options.ts";
import type { Candidate } from "../../../../src/layout/candidate.ts";
import { matchDisks } from "../../../../src/layout/match.ts";
import type { Disk } from "../../../../src/layout/types.ts";
import { emptyManifest } from "../../../support/empty-manifest.ts";
import { fakeHost } from "../../../support/fake-host.ts";

const USB = "/sys/devices/pci0000:00/usb1/host6/block/sdb";
const START = 2048;
const named = { place: "LABEL=KEYS:/a.txt", what: "the answers", mostBytes: 100, hint: "Look." };

/** A stick with one partition, its table's entry as sfdisk writes it. */
function stickBytes(): Uint8Array {
  const fat = encodeFatImage(new Map([["a.txt", new TextEncoder().encode("{}")]]), { label: "KEYS", serial: 1 });
  const bytes = new Uint8Array(START * 512 + fat.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(440, 0x1234, true);
  view.setUint8(446 + 4, 0x0e);
  view.setUint32(446 + 8, START, true);
  view.setUint32(446 + 12, fat.length / 512, true);
  view.setUint16(510, 0xaa55, true);
  bytes.set(fat, START * 512);
  return bytes;
}

/** A machine that shows the stick `afterMs`. */
function machine(afterMs: number): Host {
  const bytes = stickBytes();
  const fake = fakeHost({ mount: () => void fake.files.set("/run/mondo/key/a.txt", "{}"), unmount() {} });
  const appearsMs = fake.nowMs() + afterMs;
  const plugIn = () => {
    const sysfs = { size: bytes.length / 512, dev: "8:16", "sdb1/partition": 1 };
    for (const [file, text] of Object.entries(sysfs)) fake.files.set(`${USB}/${file}`, String(text));
    const partition = { size: bytes.length / 512 - START, start: START, dev: "8:17" };
    for (const [file, text] of Object.entries(partition)) fake.files.set(`${USB}/sdb1/${file}`, String(text));
    fake.symlink(USB, "/sys/class/block/sdb");
    fake.symlink(`${USB}/sdb1`, "/sys/class/block/sdb1");
  };
  return {
    ...fake,
    stat: (path) => (path.endsWith("a.txt") ? ({ kind: "file", sizeBytes: 2 } as never) : undefined),
    readAt: (path, offset, length) => {
      const from = path === "/dev/sdb1" ? START * 512 + offset : offset;
      return bytes.slice(from, from + length);
    },
    async sleep(ms) {
      await fake.sleep(ms);
      if (fake.nowMs() >= appearsMs) plugIn();
    },
  };
}

const rescueOn = (host: Host, quietMs: () => number) => ({ host, modules: { quietMs }, sticks: new Set<string>() });

async function refusal(work: () => unknown): Promise<MondoError> {
  try {
    await work();
  } catch (error) {
    assert.instance(error, MondoError);
    return error as MondoError;
  }
  throw new Error("did not refuse");
}

test("readFromStick() waits for a stick as long as devices come, and knows it with its disk", async () => {
  const rescue = rescueOn(machine(20_000), () => 100) as unknown as Rescue;
  assert.is(decodeText(await readFromStick(rescue, named)), "{}");
  assert.equal([...rescue.sticks].sort(), ["/dev/sdb", "/dev/sdb1"]);
});

for (const [quietMs, leastMs, mostMs] of [
  [60_000, 8000, 10_000],
  [0, 60_000, 62_000],
] as const) {
  test(`readFromStick() gives up after ${leastMs} ms when no device has come for ${quietMs} ms`, async () => {
    const host = machine(600_000);
    const began = host.nowMs();
    const error = await refusal(() => readFromStick(rescueOn(host, () => quietMs) as unknown as Rescue, named));
    assert.match(error.message, /there is no device LABEL=KEYS with a file system for the answers LABEL=KEYS:/);
    const waited = host.nowMs() - began;
    assert.ok(waited >= leastMs && waited < mostMs, `${waited} ms`);
  });
}

test("a stick that was read from is no target of a restore, not even a chosen one", async () => {
  const host = fakeHost();
  const manifest = decodeManifest(emptyManifest("alpha"), "alpha");
  const rescue = {
    ...{ host, reporter: silentReporter, options: parseBootOptions("quiet") },
    ...{ manifest, network: { spares: [], wishes: {} }, sticks: new Set(["/dev/sdb1", "/dev/sdb"]) },
    medium: { setDirectory: "/mnt/set", carriers: [], manifest, reopen() {} },
  } as unknown as Rescue;
  const { carriers } = await restoreContext(rescue);
  const shape = { logicalSectorBytes: 512, physicalSectorBytes: 512, rotational: false, removable: false };
  const disk = (name: string): Disk => ({
    ...{ kind: "disk", id: `disk:${name}`, path: `/dev/${name}`, sizeBytes: 2 ** 33, ...shape },
  });
  const stick: Candidate = { disk: disk("sdb"), readOnly: false, contents: "FAT KEYS", storageDrivers: [] };
  const layout = { version: 1, nodes: [disk("sda")] } as const;
  assert.is(matchDisks(layout, [stick], []).disks["disk:sda"], stick);
  const byItself = await refusal(() => matchDisks(layout, [stick], carriers));
  assert.match(byItself.message + String(byItself.hint), /\/dev\/sdb: carries the backup or the rescue/);
  const chosen = await refusal(() => matchDisks(layout, [stick], carriers, { "disk:sda": "/dev/sdb" }));
  assert.match(chosen.message, /\/dev\/sdb/);
});

test.run();
