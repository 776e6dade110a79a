import { test } from "uvu";
import * as assert from "uvu/assert";
import { keyFileActions, lostKeys } from "../../../../src/drivers/volume/luks-keys.ts";
import { showEffect } from "../../../../src/effects/effect-rows.ts";
import { parseCrypttab } from "../../../../src/formats/storage/crypttab.ts";
import { type Layout, type Luks, nodesOf } from "../../../../src/layout/types.ts";

const slot = (number: number) =>
  ({ number, pbkdf: { type: "pbkdf2", hash: "sha256", iterations: 1000 + number } }) as const;
const luks: Luks = {
  kind: "luks",
  id: "luks:data_crypt",
  on: "part:sda3",
  path: "/dev/mapper/data_crypt",
  name: "data_crypt",
  version: 2,
  uuid: "6d6f6e64-6f00-4000-8000-0000000000a2",
  cipher: "aes-xts-plain64",
  keyBytes: 64,
  sectorBytes: 512,
  hash: "sha256",
  dataOffsetBytes: 16 << 20,
  sizeBytes: 1 << 30,
  slots: [slot(0), slot(1)],
  flags: [],
  tokens: [],
};
const layoutWith = (line: string, node = luks): Layout => {
  return { version: 1, nodes: [node, { kind: "crypttab", id: "crypttab", entries: parseCrypttab(line) }] };
};
const restore = { devices: { "part:sda3": "/dev/vda3" }, root: "/mnt/restore", otherDisks: false };
const shown = (line: string, node = luks) =>
  keyFileActions([node], { ...restore, layout: layoutWith(line, node) }).flatMap((action) =>
    action.effects.map(showEffect),
  );

test("parseCrypttab() reads names, keys and options, and leaves out comments", () => {
  const text = "# <name> …\n\n a UUID=1  none luks,discard\nb /dev/sdb1 -\nc /dev/sdc /etc/my\\040key\nbroken\n";
  assert.equal(parseCrypttab(text), [
    { name: "a", source: "UUID=1", key: "none", options: ["luks", "discard"] },
    { name: "b", source: "/dev/sdb1", key: "none", options: [] },
    { name: "c", source: "/dev/sdc", key: "/etc/my key", options: [] },
  ]);
});

test("keyFileActions() adds the key file of crypttab to a volume with a new key, and tries it", () => {
  assert.equal(shown("data_crypt UUID=6d6f /etc/keys/data.key luks,keyfile-offset=512,keyfile-size=64"), [
    "cryptsetup luksAddKey --batch-mode --key-file=- --pbkdf=pbkdf2 --pbkdf-force-iterations=1001 --new-keyfile-offset=512 " +
      "--new-keyfile-size=64 /dev/vda3 /mnt/restore/etc/keys/data.key  (reads the pass phrase)  (may fail)",
    "cryptsetup open --test-passphrase --type=luks --keyfile-offset=512 --keyfile-size=64 " +
      "--key-file=/mnt/restore/etc/keys/data.key /dev/vda3  (may fail)",
  ]);
});

test("keyFileActions() adds none where a person, a script or another device gives the key, or the old header comes back", () => {
  for (const key of ["none", "/dev/urandom", "/key:LABEL=stick", "/run/key", "LABEL=stick:/key"]) {
    assert.equal(shown(`data_crypt UUID=6d6f ${key} luks`), [], key);
  }
  assert.equal(shown("data_crypt UUID=6d6f /etc/key luks,keyscript=/sbin/fetch"), []);
  assert.equal(shown("other UUID=6d6f /etc/key luks"), []);
  assert.equal(shown("data_crypt UUID=6d6f /etc/key luks", { ...luks, header: "h" }), []);
});

const warningsOf = (layout: Layout) => nodesOf(layout, "luks").flatMap((node) => lostKeys(node, layout));

test("lostKeys() counts the key slots and names the tokens that will be gone", () => {
  const two = layoutWith("data_crypt UUID=6d6f /etc/key luks");
  assert.equal(warningsOf(two), []);
  const asked = layoutWith("data_crypt UUID=6d6f none luks", { ...luks, tokens: ["systemd-tpm2"] });
  assert.equal(warningsOf(asked), [
    "/dev/mapper/data_crypt gets a new key, which only the pass phrase that is given now will open: " +
      "1 of 2 key slots and what systemd-tpm2 unlocked will be gone",
  ]);
  assert.equal(warningsOf(layoutWith("", { ...luks, header: "h" })), []);
});

test.run();
