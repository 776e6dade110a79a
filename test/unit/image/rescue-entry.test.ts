import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { silentReporter } from "../../../src/base/report.ts";
import { linuxHost } from "../../../src/host/linux.ts";
import {
  blsEntry,
  entryWords,
  findEntryPlace,
  grubScript,
  installEntry,
  placeFiles,
  removeEntry,
} from "../../../src/image/rescue-entry.ts";
import { fakeHost } from "../../support/fake-host.ts";
import { call } from "../../support/mondo.ts";

const MOUNTS = "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n21 20 8:2 / /boot rw - ext4 /dev/sda2 rw\n";
const grub = { "/boot/grub/grub.cfg": "menuentry 'Debian' {\n}\n", "/etc/grub.d/10_linux": "" };

test("findEntryPlace() tells GRUB, BLS and systemd-boot apart", () => {
  const place = (files: Record<string, string>) => findEntryPlace(fakeHost({ files }));
  assert.equal(place(grub), { kind: "grub", directory: "/boot/mondo" });
  const bls = { "/boot/grub2/grub.cfg": "insmod blscfg\nblscfg\n", "/boot/loader/entries/a.conf": "" };
  assert.equal(place(bls), { kind: "bls", directory: "/boot/mondo", entries: "/boot/loader/entries" });
  const own = { "/efi/loader/loader.conf": "", "/efi/EFI/systemd/systemd-bootx64.efi": "" };
  assert.equal(place(own), { kind: "bls", directory: "/efi/mondo", entries: "/efi/loader/entries" });
  assert.throws(() => place({}), /no menu that is known here/);
});

test("entryWords() never restores by itself, and takes no signs of the shell", () => {
  assert.match(entryWords(["mondo.source=nas:/b"]), /^interactive console=tty0 .* mondo\.source=nas:\/b$/);
  for (const bad of ["a'b", "$(x)", "a b", "100%", "a\nb"]) assert.throws(() => entryWords([bad]), /can't be a word/);
});

test("grubScript() is a script that gives one entry GRUB understands", () => {
  const directory = mkdtempSync(join(tmpdir(), "mondo-entry-"));
  try {
    for (const name of ["vmlinuz", "initrd.img"]) writeFileSync(join(directory, name), "");
    mkdirSync(join(directory, "bin"));
    writeFileSync(
      join(directory, "bin/grub-probe"),
      "#!/bin/sh\ncase $1 in *device*) echo /dev/sda1;; *) echo ext2;; esac\n",
    );
    chmodSync(join(directory, "bin/grub-probe"), 0o755);
    const script = join(directory, "42_mondo");
    writeFileSync(script, grubScript(directory, "interactive quiet"));
    const { status, out, err } = call([
      "sh",
      "-c",
      `PATH=${directory}/bin:$PATH grub_probe=${directory}/bin/grub-probe sh ${script} > ${directory}/out; cat ${directory}/out`,
    ]);
    assert.is(status, 0, err);
    assert.match(
      out,
      /menuentry 'Mondo rescue system' .*--id mondo-rescue \{[\s\S]*\tlinux .*\/vmlinuz interactive quiet\n\tinitrd .*\/initrd\.img\n\}/,
    );
    assert.is(call(["grub-script-check", join(directory, "out")]).status, 0);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("grubScript() prints nothing, and does not fail, where GRUB can't tell where the files are", () => {
  const directory = mkdtempSync(join(tmpdir(), "mondo-entry-"));
  try {
    for (const name of ["vmlinuz", "initrd.img"]) writeFileSync(join(directory, name), "");
    const script = join(directory, "42_mondo");
    writeFileSync(script, grubScript(directory, "interactive quiet"));
    const { status, out } = call(["env", "grub_probe=false", "sh", script]);
    assert.equal([status, out], [0, ""]);
    rmSync(join(directory, "initrd.img"));
    assert.equal([call(["sh", script]).status, call(["sh", script]).out], [0, ""]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("blsEntry() has no sort-key: systemd-boot would put it before entries that have none", () => {
  assert.match(blsEntry("/mondo", "interactive"), /^version 0\nlinux \/mondo\/vmlinuz\n/m);
  assert.not.match(blsEntry("/mondo", "interactive"), /sort-key/);
});

/** A host on which files can be written, and a menu is made again. */
function machine(files: Record<string, string>, freeBytes: number) {
  const ran: string[] = [];
  const base = fakeHost({
    files: { "/proc/self/mountinfo": MOUNTS, "/c/vmlinuz": "k", "/c/initrd.img": "i", ...files },
  });
  const host = {
    ...base,
    freeBytes: () => freeBytes,
    makeDirectory: () => {},
    copy: (from: string, to: string) => void base.files.set(to, base.files.get(from) ?? ""),
    syncFile: () => {},
    rename(from: string, to: string) {
      base.files.set(to, base.files.get(from) ?? "");
      base.files.delete(from);
    },
    write: (path: string, text: string | Uint8Array) => void base.files.set(path, String(text)),
    remove(path: string) {
      for (const name of [...base.files.keys()])
        if (name === path || name.startsWith(`${path}/`)) base.files.delete(name);
    },
    which: (tool: string) => (tool === "update-grub" ? "/usr/sbin/update-grub" : undefined),
    async run({ argv }: { readonly argv: readonly string[] }) {
      ran.push(argv.join(" "));
      const script = base.files.get("/etc/grub.d/42_mondo");
      base.files.set("/boot/grub/grub.cfg", script ? "--id mondo-rescue" : "menuentry 'Debian' {\n}\n");
      return { code: 0, stdout: "", stderr: "" };
    },
  };
  return { host, ran, files: base.files };
}
const files = { kernel: "/c/vmlinuz", initrd: "/c/initrd.img", words: [] };

test("installEntry() adds to GRUB's menu, removeEntry() leaves nothing of it", async () => {
  const { host, ran, files: now } = machine(grub, 2 ** 30);
  const before = [...now.keys()].sort();
  assert.is(await installEntry(host, files, silentReporter), "/boot/mondo");
  assert.is(now.get("/boot/mondo/vmlinuz"), "k");
  assert.ok(now.has("/etc/grub.d/42_mondo"));
  assert.is(await removeEntry(host, silentReporter), true);
  assert.equal([...now.keys()].sort(), before);
  assert.equal(ran, ["update-grub", "update-grub"]);
  assert.is(await removeEntry(host, silentReporter), false);
});

test("installEntry() writes an entry that says where the kernel is in the file system of /boot", async () => {
  const bls = { "/boot/grub2/grub.cfg": "blscfg\n", "/boot/loader/entries/a.conf": "" };
  const { host, files: now } = machine(bls, 2 ** 30);
  await installEntry(host, files, silentReporter);
  const [name = ""] = [...now.keys()].filter((path) => path.endsWith("rescue.conf"));
  assert.match(now.get(name) ?? "", /^linux \/mondo\/vmlinuz$/m);
  // Menus are sorted by it: behind what begins with a machine id, and any distribution's name.
  for (const other of ["fa3c", "a", "arch", "debian", "ostree-1"]) assert.ok((name.split("/").at(-1) ?? "") < other);
});

test("installEntry() leaves no script behind when GRUB's menu can't be made: later kernels need it", async () => {
  const { host, files: now } = machine(grub, 2 ** 30);
  const failing = { ...host, run: () => Promise.reject(new Error("update-grub failed")) };
  const error = await installEntry(failing, files, silentReporter).catch((cause: Error) => cause.message);
  assert.is(error, "update-grub failed");
  assert.not.ok(now.has("/etc/grub.d/42_mondo"));
});

test("removeEntry() leaves what others keep in /boot/mondo", async () => {
  const { host, files: now } = machine({ ...grub, "/boot/mondo/notes": "mine" }, 2 ** 30);
  assert.is(await removeEntry(host, silentReporter), false);
  await installEntry(host, files, silentReporter);
  assert.is(await removeEntry(host, silentReporter), true);
  assert.equal(
    [...now.keys()].filter((path) => path.startsWith("/boot/mondo")),
    ["/boot/mondo/notes"],
  );
});

test("installEntry() changes nothing where /boot is too small", async () => {
  const { host, files: now } = machine(grub, 2 ** 20);
  const before = [...now.keys()];
  const error = await installEntry(host, files, silentReporter).catch((cause: Error) => cause.message);
  assert.match(String(error), /^\/boot has 1\.0 MiB free; the rescue system needs/);
  assert.equal([...now.keys()], before);
});

test("placeFiles() leaves kernel and initrd that fit each other when there is no room for both new ones", () => {
  const directory = mkdtempSync(join(tmpdir(), "mondo-place-"));
  try {
    const [place, made] = [join(directory, "place"), join(directory, "made")];
    for (const [where, text] of [
      [place, "old"],
      [made, "new"],
    ] as const) {
      mkdirSync(where);
      for (const name of ["vmlinuz", "initrd.img"]) writeFileSync(join(where, name), text);
    }
    const files = { kernel: join(made, "vmlinuz"), initrd: join(made, "initrd.img") };
    const full = {
      ...linuxHost(),
      copy(from: string, to: string) {
        if (to.includes("initrd")) throw new Error("ENOSPC");
        linuxHost().copy(from, to);
      },
    };
    assert.throws(() => placeFiles(full, place, files), /ENOSPC/);
    assert.equal(readdirSync(place).sort(), ["initrd.img", "vmlinuz"]);
    for (const name of ["vmlinuz", "initrd.img"]) assert.is(readFileSync(join(place, name), "utf8"), "old");
    placeFiles(linuxHost(), place, files);
    for (const name of ["vmlinuz", "initrd.img"]) assert.is(readFileSync(join(place, name), "utf8"), "new");
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test.run();
