/** Which open volumes do, and which are opened again. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Secret } from "../../../../src/base/secret.ts";
import { luksDmUuid, openLuks } from "../../../../src/drivers/volume/luks-start.ts";
import type { KernelVolume, VolumeStart } from "../../../../src/drivers/volume-contract.ts";
import type { Luks } from "../../../../src/layout/types.ts";
import { fakeHost } from "../../../support/fake-host.ts";

const luks = { kind: "luks", name: "crypt", path: "/dev/mapper/crypt", uuid: "1-2", version: 2 } as unknown as Luks;
const disk: KernelVolume = { name: "sda2", path: "/dev/sda2", sizeBytes: 9, slaves: [] };
const mapping: KernelVolume = {
  ...{ name: "dm-0", path: "/dev/dm-0", sizeBytes: 9, slaves: ["sda2"], dmUuid: `${luksDmUuid(luks)}crypt` },
};

/** What is done to open the volume. */
async function opened(open: KernelVolume | undefined, writable: boolean, more: Partial<VolumeStart> = {}) {
  const done: string[] = [];
  const host = fakeHost({
    run: async ({ argv }) => {
      if (argv[0] === "cryptsetup") done.push(argv.filter((word) => !word.startsWith("--key")).join(" "));
      return { code: 0, stdout: "", stderr: "" } as never;
    },
  });
  const isOpened = await openLuks(luks, {
    ...{ host, layout: { version: 1, nodes: [] }, writable },
    look: async () => ({ devices: open ? [disk, open] : [disk], idleMember: () => (open ? undefined : disk) }),
    release: async (path) => void done.push(`release ${path}`),
    give: async () => Secret.ofText("key"),
    ...more,
  });
  return { isOpened, done };
}

const OPEN = "cryptsetup open --type=luks";

test("a closed volume is opened, by default read-only", async () => {
  assert.equal((await opened(undefined, false)).done, [`${OPEN} --readonly /dev/sda2 crypt`]);
  assert.equal((await opened(undefined, true)).done, [`${OPEN} /dev/sda2 crypt`]);
});

test("an open volume does, if it can be written to or need not be", async () => {
  for (const [readOnly, writable] of [
    [false, true],
    [false, false],
    [true, false],
  ] as const) {
    assert.equal(await opened({ ...mapping, readOnly }, writable), { isOpened: false, done: [] });
  }
});

test("one that a comparison has opened read-only is closed and opened again, to be written to", async () => {
  const { isOpened, done } = await opened({ ...mapping, readOnly: true }, true);
  assert.equal(done, ["release /dev/sda2", `${OPEN} /dev/sda2 crypt`]);
  assert.ok(isOpened);
});

test("where it is in use it stays, and that is the error", async () => {
  const release = () => Promise.reject(new Error("dm-1 on /dev/sda2 can't be stopped: it is mounted"));
  const error = await opened({ ...mapping, readOnly: true }, true, { release }).catch((reason: unknown) => reason);
  assert.match(String(error), /dm-1 on \/dev\/sda2 can't be stopped/);
});

test.run();
