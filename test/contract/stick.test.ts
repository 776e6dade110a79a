/** A stick as an image file on a loop device: table, file systems, loaders, menu; what it refuses; finding its sets. */
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rescueDirectory } from "../../src/backup/stick/stick-contents.ts";
import { STICK_PLACE, withStick } from "../../src/backup/stick/with-stick.ts";
import type { MondoError } from "../../src/base/errors.ts";
import { silentReporter } from "../../src/base/report.ts";
import { archiveCommand } from "../../src/commands/archive-command.ts";
import type { Command } from "../../src/commands/command.ts";
import { imageCommand } from "../../src/commands/image-command.ts";
import { parseWords } from "../../src/commands/parse.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { setsOn } from "../../src/init/medium/store.ts";
import { emptyManifest } from "../support/empty-manifest.ts";
import { call } from "../support/mondo.ts";

const test = suite("a stick");
const work = mkdtempSync(join(tmpdir(), "mondo-stick-"));
const file = join(work, "stick.img");
const host = linuxHost();
const SIZE = 600 << 20;
const wish = { name: file, sizeBytes: SIZE };
test.after(() => {
  call(["umount", STICK_PLACE]);
  rmSync(work, { recursive: true, force: true });
});

/** Puts a set there, as a backup does. */
function addSet(machine: string, date: string) {
  return (directory: string) => {
    const set = join(directory, machine, "mondorescue", date);
    for (const name of ["mondo", "boot"]) mkdirSync(join(set, name), { recursive: true });
    writeFileSync(join(set, "mondo/manifest.json"), emptyManifest(machine));
    for (const name of ["vmlinuz", "initrd.img"]) writeFileSync(join(set, "boot", name), name);
    return Promise.resolve(directory);
  };
}

/** The loop device of the image while `look` works. */
function attached<T>(path: string, look: (loop: string) => T): T {
  const loop = call(["losetup", "--find", "--show", "--partscan", "--read-only", path]).out.trim();
  // A kernel that can't read such a table.
  call(["partx", "--update", loop]);
  try {
    return look(loop);
  } finally {
    call(["losetup", "--detach", loop]);
  }
}

test("an image file becomes a stick with a sound table, sound file systems, loaders for BIOS and UEFI, and a menu", async () => {
  assert.is(await withStick(host, wish, silentReporter, addSet("web1", "2026-11-30T08-15-00")), STICK_PLACE);
  attached(file, (loop) => {
    assert.is(call(["sfdisk", "--verify", loop]).status, 0);
    assert.match(call(["sfdisk", "--dump", loop]).out, /mondo-bios[\s\S]*mondo-esp[\s\S]*mondo-data/);
    assert.is(call(["e2fsck", "-fn", `${loop}p3`]).status, 0);
    assert.is(call(["fsck.vfat", "-n", `${loop}p2`]).status, 0);
    assert.match(call(["mdir", "-b", "-/", "-i", `${loop}p2`, "::/"]).out, /EFI\/BOOT\/BOOTX64.EFI/i);
  });
  // GRUB's first stage, told where the second lies: at 1 MiB.
  const head = readFileSync(file).subarray(0, 512);
  assert.is(head.readBigUInt64LE(0x5c), 2048n);
  assert.is(head.readUInt16LE(510), 0xaa55);
  assert.is(statSync(file).size, SIZE);
});

test("a second backup adds its set, and the menu offers both machines", async () => {
  await withStick(host, wish, silentReporter, addSet("db", "2026-12-01T08-15-00"));
  await withStick(host, wish, silentReporter, async (directory) => {
    const menu = readFileSync(join(directory, "boot/grub/grub.cfg"), "utf8");
    assert.match(menu, /submenu 'web1, /);
    assert.match(menu, /submenu 'db, /);
    assert.match(menu, /linux \/db\/mondorescue\/2026-12-01T08-15-00\/boot\/vmlinuz interactive mondo\.source=UUID=/);
    assert.is(call(["grub-script-check", join(directory, "boot/grub/grub.cfg")]).status, 0);
  });
});

test("the rescue finds its sets, and writes nothing to it: not even the journal is played back", async () => {
  const dirty = join(work, "dirty.img");
  await withStick(host, wish, silentReporter, async () => {
    // As a stick that was pulled out.
    writeFileSync(join(STICK_PLACE, "note"), "x");
    call(["sync"]);
    call(["cp", "--sparse=always", file, dirty]);
  });
  const loop = call(["losetup", "--find", "--show", "--partscan", dirty]).out.trim();
  call(["partx", "--update", loop]);
  try {
    const before = call(["sha256sum", `${loop}p3`]).out;
    const store = {
      path: `${loop}p3`,
      name: "stick",
      type: "ext4",
      uuid: undefined,
      label: undefined,
      sizeBytes: SIZE,
    };
    const modules = { require: async () => {} };
    const rescue = { host, modules } as unknown as Parameters<typeof setsOn>[0];
    const found = await setsOn(rescue, store);
    assert.equal(found.map(({ set, place }) => [set.manifest.host.name, place]).sort(), [
      ["db", "/db/mondorescue/2026-12-01T08-15-00"],
      ["web1", "/web1/mondorescue/2026-11-30T08-15-00"],
    ]);
    assert.equal((await setsOn(rescue, store, "/web1")).length, 1);
    assert.equal(await setsOn(rescue, store, "/nowhere"), []);
    assert.is(call(["sha256sum", `${loop}p3`]).out, before);
  } finally {
    call(["losetup", "--detach", loop]);
  }
});

test("a rescue system that belongs to no set is offered beside them", async () => {
  const place = (directory: string) => {
    const home = join(directory, rescueDirectory("mail.example"));
    mkdirSync(home, { recursive: true });
    for (const name of ["vmlinuz", "initrd.img"]) writeFileSync(join(home, name), name);
    return Promise.resolve();
  };
  await withStick(host, wish, silentReporter, place);
  await withStick(host, wish, silentReporter, async (directory) => {
    const path = join(directory, "boot/grub/grub.cfg");
    const menu = readFileSync(path, "utf8");
    assert.match(menu, /submenu 'web1, [\s\S]*linux \/boot\/rescue\/mail.example\/vmlinuz interactive console=/);
    assert.is(call(["grub-script-check", path]).status, 0);
    rmSync(join(directory, "boot/rescue"), { recursive: true });
  });
});

test("what fails leaves the sets that were there, and a stick that boots", async () => {
  const failure = await withStick(host, wish, silentReporter, async () => {
    throw new Error("the disk is full");
  }).catch((error: Error) => error.message);
  assert.is(failure, "the disk is full");
  attached(file, (loop) => assert.is(call(["e2fsck", "-fn", `${loop}p3`]).status, 0));
  assert.not.match(call(["findmnt", "-n", STICK_PLACE]).out, /mondo/);
});

test("a second run does not unmount the first one's stick", async () => {
  const lock = "/run/mondo-stick.lock";
  let own = "";
  await withStick(host, wish, silentReporter, async () => {
    own = readFileSync(lock, "utf8");
  });
  // As if another process, which lives, had it.
  const pid = process.ppid;
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const started = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .at(19);
  writeFileSync(lock, JSON.stringify({ ...JSON.parse(own), pid, started }));
  try {
    const error = await withStick(host, wish, silentReporter, async () => {}).catch((cause: Error) => cause.message);
    assert.match(String(error), /another backup to a stick is running/);
  } finally {
    rmSync(lock);
  }
});

test("links on a stick lead nowhere", async () => {
  const outside = join(work, "outside");
  mkdirSync(outside);
  await withStick(host, wish, silentReporter, async (directory) => {
    symlinkSync(outside, join(directory, "web2"));
    assert.throws(() => mkdirSync(join(directory, "web2/mondorescue")), /ELOOP/);
    rmSync(join(directory, "web2"));
  });
});

test("an image file that holds something else stays as it is", async () => {
  const other = join(work, "other.img");
  call(["truncate", "-s", String(SIZE), other]);
  call(["mkfs.ext4", "-q", "-F", other]);
  const before = readFileSync(other);
  const refused = await withStick(host, { name: other, sizeBytes: undefined }, silentReporter, async () => {}).catch(
    (error: MondoError) => error.message,
  );
  assert.match(String(refused), /the image file holds ext4/);
  assert.ok(before.equals(readFileSync(other)));
});

test("a stick that is another one by the end is not written to", async () => {
  const failure = await withStick(host, wish, silentReporter, async () => {
    call(["umount", STICK_PLACE]);
  }).catch((error: Error) => error.message);
  assert.match(String(failure), /no longer the stick that the backup went to/);
});

const knowsExfat = () => /^\s*exfat$/m.test(readFileSync("/proc/filesystems", "utf8"));

test("what keeps the sets is chosen once, and exFAT only where the kernel has it: nothing is written elsewhere", async () => {
  const attempt = (name: string, filesystem: "ext4" | "exfat") =>
    withStick(host, { name, sizeBytes: SIZE, filesystem }, silentReporter, addSet("web1", "2026-11-30T08-15-00")).catch(
      (error: MondoError) => error.message,
    );
  const before = readFileSync(file).subarray(0, 70 << 20);
  assert.match(String(await attempt(file, "exfat")), /is a stick with ext4 already, not exfat/);
  assert.ok(before.equals(readFileSync(file).subarray(0, 70 << 20)));
  const plain = join(work, "exfat.img");
  const made = await attempt(plain, "exfat");
  if (knowsExfat()) {
    assert.is(made, STICK_PLACE);
    attached(plain, (loop) => {
      assert.match(call(["blkid", "-p", `${loop}p3`]).out, /LABEL="MONDO".* TYPE="exfat"/);
      assert.is(call(["fsck.exfat", "-n", `${loop}p3`]).status, 0);
    });
  } else {
    assert.match(String(made), /this kernel has no file system exfat/);
    assert.is(statSync(plain, { throwIfNoEntry: false }), undefined);
  }
});

test("a file that does not exist needs a size, and is gone again when it can't become a stick", async () => {
  const small = { name: join(work, "small.img"), sizeBytes: 100 << 20 };
  const refused = await withStick(host, small, silentReporter, async () => {}).catch((error: MondoError) => error);
  assert.match((refused as MondoError).message, /too little for a backup/);
  assert.is(statSync(small.name, { throwIfNoEntry: false }), undefined);
  const missing = await withStick(host, { ...small, sizeBytes: undefined }, silentReporter, async () => {}).catch(
    (error: MondoError) => error,
  );
  assert.match((missing as MondoError).message, /does not exist/);
});

/** What a command says against its words, and how much of an image file it has written then. */
async function refusalOf({ spec, run }: Command, words: readonly string[]) {
  const blank = join(work, "blank.img");
  writeFileSync(blank, "");
  truncateSync(blank, SIZE);
  const umask = process.umask();
  const context = { host, reporter: silentReporter, classic: false, columns: 80, write() {}, page: async () => {} };
  const all = [...words, "--usb", blank];
  const error = await run({ ...context, words: parseWords(spec, all) }).catch((cause: MondoError) => cause);
  process.umask(umask);
  return { why: error instanceof Error ? error.message : "nothing", blocks: statSync(blank).blocks };
}

for (const [command, words, why] of [
  [imageCommand, ["-d", "/nowhere"], "-d /nowhere is not a directory"],
  [imageCommand, ["--words", "quiet"], "--words makes sense with --install or --kexec only"],
  [imageCommand, ["--install", "--words", "a$b"], `"a$b" can't be a word of the kernel command line here`],
  [imageCommand, ["-k", "/nowhere"], "the kernel /nowhere does not exist"],
  [archiveCommand, ["-O", "-p", "web1", "-k", "/nowhere"], "the kernel /nowhere does not exist"],
] as const) {
  test(`mondo ${command.spec.name} ${words.join(" ")} fails before a stick is made`, async () => {
    assert.equal(await refusalOf(command, words), { why, blocks: 0 });
  });
}

test.run();
