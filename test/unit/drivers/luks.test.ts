import { test } from "uvu";
import * as assert from "uvu/assert";
import { luksDriver } from "../../../src/drivers/volume/luks.ts";
import { makeLuks } from "../../../src/drivers/volume/luks-make.ts";
import type { KernelVolume, PlacedMember, VolumeMember } from "../../../src/drivers/volume-contract.ts";
import type { LuksHeader } from "../../../src/formats/storage/luks-header.ts";
import type { Layout, Luks } from "../../../src/layout/types.ts";
import { detachedHeader, luks1Header, luks2Header } from "../formats/luks-headers.ts";

const nothing: Layout = { version: 1, nodes: [] };

function memberOf(bytes: Uint8Array): VolumeMember<LuksHeader> {
  const read = (offset: number, length: number) => bytes.subarray(offset, offset + length);
  const member = luksDriver.recognise(read, 64 << 20);
  if (!member) throw new Error("no member");
  return member;
}

const placed = (bytes: Uint8Array, device = "sda3"): PlacedMember<LuksHeader> => {
  return { on: `part:${device}`, device, path: `/dev/${device}`, member: memberOf(bytes) };
};
const opened = (slave = "sda3", version = 2, end = "a2"): KernelVolume => ({
  name: "dm-0",
  path: "/dev/dm-0",
  sizeBytes: 48 << 20,
  slaves: [slave],
  dmUuid: `CRYPT-LUKS${version}-6d6f6e646f0040008000000000000${end.padStart(3, "0")}-sda3_crypt`,
  dmName: "sda3_crypt",
});

function nodeFrom(bytes: Uint8Array, kernel: KernelVolume): Luks {
  const [node] = luksDriver.assemble([placed(bytes)], [kernel]).nodes;
  if (node?.kind !== "luks") throw new Error(`a ${node?.kind}: ${JSON.stringify(node)}`);
  return node;
}

/** Commands of a making, each as one line. */
function commandsOf(node: Luks): string[] {
  return makeLuks(node, nothing, { "part:sda3": "/dev/vda3" }).effects.flatMap((effect) =>
    effect.do === "run" ? [`${effect.argv.join(" ")}${effect.secret === undefined ? "" : ` < ${effect.secret}`}`] : [],
  );
}

test("luksDriver links an open volume to its device, whatever it is called", () => {
  const volume = luksDriver.assemble([placed(luks2Header)], [opened("sdb1"), opened()]);
  const [node] = volume.nodes;
  assert.is(node?.id, "luks:sda3_crypt");
  assert.is(node?.kind === "luks" && node.path, "/dev/mapper/sda3_crypt");
  assert.is(node?.kind === "luks" && node.on, "part:sda3");
  assert.equal([...volume.devices], [["luks:sda3_crypt", "dm-0"]]);
});

test("luksDriver refuses by name what is not open, what can't be made again, and a copy of an open volume", () => {
  const what = (members: PlacedMember<LuksHeader>[], kernel: KernelVolume[]) =>
    luksDriver.assemble(members, kernel).nodes.map((node) => (node.kind === "unsupported" ? node.what : node.kind));
  const name = "a LUKS2 volume (label data 1, UUID 6d6f6e64-6f00-4000-8000-0000000000a2)";
  assert.equal(what([placed(luks2Header)], []), [`${name} that is not open`]);
  assert.equal(what([placed(luks2Header)], [opened("sda3", 2, "ff")]), [`${name} that is not open`]);
  assert.match(what([placed(detachedHeader)], [opened()])[0] ?? "", /whose header lies apart from its data$/);
  const both = what([placed(luks2Header), placed(luks2Header, "sdb3")], [opened()]);
  assert.equal(both, ["luks", `${name} that is not open`]);
});

test("makeLuks() formats LUKS2 with everything that the header said, and reads the key from standard input", () => {
  const node = { ...nodeFrom(luks2Header, opened()), flags: ["allow-discards", "no-read-workqueue"] };
  const secret = "luks:6d6f6e64-6f00-4000-8000-0000000000a2";
  assert.equal(commandsOf(node), [
    "modprobe -q dm_crypt",
    "cryptsetup luksFormat --batch-mode --type=luks2 --uuid=6d6f6e64-6f00-4000-8000-0000000000a2 --cipher=aes-xts-plain64 " +
      "--key-size=512 --hash=sha256 --offset=32768 --key-slot=0 --pbkdf=argon2id --pbkdf-force-iterations=4 --pbkdf-memory=65536 " +
      "--pbkdf-parallel=2 --sector-size=4096 --luks2-metadata-size=16384 --luks2-keyslots-size=16744448 --label=data 1 " +
      `--subsystem=sub --keyslot-cipher=aes-xts-plain64 --keyslot-key-size=512 --key-file=- /dev/vda3 < ${secret}`,
    `cryptsetup open --type=luks --persistent --allow-discards --perf-no_read_workqueue --key-file=- /dev/vda3 sda3_crypt < ${secret}`,
  ]);
});

test("makeLuks() formats LUKS1 without the options of LUKS2", () => {
  const [, format = ""] = commandsOf(nodeFrom(luks1Header, opened("sda3", 1, "a1")));
  assert.match(
    format,
    /--type=luks1 .*--offset=4096 --key-slot=0 --pbkdf=pbkdf2 --pbkdf-force-iterations=1000 --key-file=-/,
  );
  assert.not.match(format, /luks2|sector-size|keyslot-/);
});

test("makeLuks() puts a stored header back instead, and makes no new key", () => {
  const commands = commandsOf({
    ...nodeFrom(luks2Header, opened()),
    header: "luks-x.header.age",
    flags: ["allow-discards"],
  });
  const file = "/run/mondo/luks/6d6f6e64-6f00-4000-8000-0000000000a2.header";
  assert.is(commands[1], `cryptsetup luksHeaderRestore --batch-mode --header-backup-file=${file} /dev/vda3`);
  assert.not.match(commands.join("\n"), /luksFormat|--persistent/);
});

test.run();
