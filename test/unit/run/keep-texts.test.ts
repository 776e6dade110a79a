import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Command } from "../../../src/host/host.ts";
import type { MountOptions } from "../../../src/host/syscalls.ts";
import { keepTexts } from "../../../src/run/keep-texts.ts";
import { runCommand } from "../../../src/run/run-command.ts";
import { fakeHost } from "../../support/fake-host.ts";

const root = "/mnt/restore";
const entry = `${root}/efi/loader/entries/id-6.1.conf`;
const before = {
  [entry]: "options root=UUID=1 ro\n",
  [`${root}/boot/grub/grub.cfg`]: "linux /vmlinuz root=UUID=1\n",
  [`${root}/boot/initrd.img-6.1`]: "old",
  [`${root}/etc/kernel/cmdline`]: "root=UUID=1 ro\n",
};

/** A host whose commands change files. */
function hostThat(change: (files: Map<string, string>) => void, links: Readonly<Record<string, string>> = {}) {
  const mounts: MountOptions[] = [];
  const unmounted: string[] = [];
  const host = fakeHost({
    files: { ...before, "/proc/self/mountinfo": "" },
    links,
    mount: (options) => void mounts.push(options),
    unmount: (path) => void unmounted.push(path),
    async run(_: Command) {
      change(host.files);
      return { code: 0, stdout: "", stderr: "" };
    },
  });
  return { ...host, remove: (path: string) => void host.files.delete(path), mounts, unmounted };
}

const keeps = [`${root}/boot`, `${root}/efi`, `${root}/etc/kernel/cmdline`];

test("runCommand() puts menus back that the command changed, removed or added, and leaves other files alone", async () => {
  const host = hostThat((files) => {
    files.set(entry, "options console=ttyS0 mondo=nuke\n");
    files.delete(`${root}/boot/grub/grub.cfg`);
    files.set(`${root}/efi/loader/entries/id-6.2.conf`, "options mondo=nuke\n");
    files.set(`${root}/boot/initrd.img-6.1`, "new");
    files.set(`${root}/etc/kernel/cmdline`, "mondo=nuke\n");
  });
  const said: string[] = [];
  const context = { host, root, log: (text: string) => void said.push(text) };
  await runCommand(context, { do: "run", argv: ["update-initramfs"], writes: [], keeps });
  for (const path of [entry, `${root}/boot/grub/grub.cfg`, `${root}/etc/kernel/cmdline`] as const) {
    assert.is(host.files.get(path), before[path]);
  }
  assert.is(host.files.has(`${root}/efi/loader/entries/id-6.2.conf`), false);
  assert.is(host.files.get(`${root}/boot/initrd.img-6.1`), "new");
  assert.is(said.filter((text) => /^put \/.* back, which update-initramfs had changed$/.test(text)).length, 4);
});

test("runCommand() puts them back after a failure, too", async () => {
  const host = hostThat((files) => {
    files.set(entry, "options mondo=nuke\n");
    throw new Error("no space left");
  });
  const context = { host, root, log: () => {} };
  let message = "";
  try {
    await runCommand(context, { do: "run", argv: ["dracut"], writes: [], keeps });
  } catch (error) {
    message = String(error);
  }
  assert.match(message, /no space left/);
  assert.is(host.files.get(entry), before[entry]);
});

test("keepTexts() follows no symbolic link out of the restored system", () => {
  const host = hostThat(() => {}, { [`${root}/boot/outside`]: "/etc", [`${root}/efi`]: "/srv" });
  host.files.set("/etc/own.conf", "mine");
  host.files.set("/srv/own.conf", "mine");
  const putBack = keepTexts(host, root, keeps);
  host.files.set("/etc/own.conf", "changed");
  host.files.set("/srv/own.conf", "changed");
  assert.equal(putBack(), []);
  assert.is(host.files.get("/etc/own.conf"), "changed");
});

test("runCommand() shows the machine's own command line in the restored system, there only, and only meanwhile", async () => {
  const host = hostThat(() => {});
  const effect = { do: "run", argv: ["dracut"], writes: [], chroot: true, commandLine: "root=UUID=1 ro" } as const;
  await runCommand({ host, root, log: () => {} }, effect);
  const spread = host.mounts.findIndex(({ target, flags }) => target === `${root}/proc` && flags?.includes("private"));
  const cover = host.mounts.findIndex(({ target }) => target === `${root}/proc/cmdline`);
  assert.ok(spread >= 0 && spread < cover);
  assert.is(host.files.get(host.mounts[cover]?.source ?? ""), "root=UUID=1 ro\n");
  assert.equal(host.unmounted, [`${root}/proc/cmdline`]);
});

test.run();
