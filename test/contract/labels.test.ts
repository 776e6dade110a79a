import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { toByteString } from "../../src/base/bytes.ts";
import { LabelledTree } from "../../src/host/labelled-tree.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { closeChroot } from "../../src/run/chroot.ts";
import { labelWhatIsNew } from "../../src/run/labels.ts";
import { rewriteFile } from "../../src/run/rewrite-file.ts";
import { sh } from "../support/loop-disk.ts";

const work = mkdtempSync(join(tmpdir(), "mondo-labels-"));
const root = join(work, "root");
test.after(() => rmSync(work, { recursive: true, force: true }));

const label = (path: string, type: string) =>
  sh(["setfattr", "-h", "-n", "security.selinux", "-v", `system_u:object_r:${type}:s0`, path]);
const labelOf = (path: string) => {
  const text = sh([
    "sh",
    "-c",
    `getfattr -h --absolute-names -n security.selinux "$1" 2>/dev/null || true`,
    "sh",
    path,
  ]);
  return /object_r:(\w+):s0/.exec(text)?.[1];
};

/** Of what a mount hides. */
function labelBelow(name: string): string | undefined {
  const clone = linuxHost().cloneTree(root);
  assert.ok(clone);
  const tree = new LabelledTree(clone.path);
  try {
    return tree.labelOf(toByteString(name));
  } finally {
    tree.close();
    clone.close();
  }
}

/** Answers for matchpathcon, which a system may have or not. */
function hostWith(policy: Readonly<Record<string, string>> | undefined) {
  const host = linuxHost();
  const asked: string[][] = [];
  return {
    ...host,
    asked,
    async run({ argv, chroot }: Parameters<typeof host.run>[0]) {
      assert.is(chroot, root);
      const paths = argv.slice(5);
      asked.push(paths);
      if (!policy) return { code: 127, stdout: "", stderr: "" };
      return { code: 0, stdout: paths.map((path) => `${policy[path] ?? "<<none>>"}\n`).join(""), stderr: "" };
    },
  };
}

/** A labelled system on an ext4, with a mount whose directory was made by the restore; the function ends it. */
function system(): () => Promise<void> {
  const image = join(work, "image");
  sh(["truncate", "-s", "16M", image]);
  sh(["mke2fs", "-q", "-F", "-t", "ext4", image]);
  mkdirSync(root);
  sh(["mount", "-o", "loop", image, root]);
  for (const directory of ["etc/selinux", "boot", "proc", "sys", "dev", "run"]) {
    mkdirSync(join(root, directory), { recursive: true });
  }
  writeFileSync(join(root, "etc/selinux/config"), "SELINUX=enforcing\nSELINUXTYPE=default\n");
  writeFileSync(join(root, "etc/fstab"), "UUID=1 / ext4\n");
  sh([
    "find",
    root,
    "-exec",
    "setfattr",
    "-h",
    "-n",
    "security.selinux",
    "-v",
    "system_u:object_r:etc_t:s0",
    "{}",
    "+",
  ]);
  label(join(root, "etc/fstab"), "admin_t");
  sh(["setfattr", "-x", "security.selinux", join(root, "boot")]);
  sh(["mount", "-t", "tmpfs", "none", join(root, "boot")]);
  label(join(root, "boot"), "boot_t");
  writeFileSync(join(root, "boot/initrd.img-6.1"), "new");
  mkdirSync(join(root, "etc/new dir\nof two lines"));
  writeFileSync(join(root, "etc/new dir\nof two lines/file"), "new");
  symlinkSync("nowhere", join(root, "etc/link"));
  return async () => {
    await closeChroot(linuxHost(), root);
    sh(["umount", join(root, "boot")]);
    sh(["umount", root]);
    rmSync(root, { recursive: true });
  };
}

test("what a restore made is labelled by the policy, or as its directory; what has a label keeps it", async () => {
  const end = system();
  try {
    const directory = "/etc/new dir\nof two lines";
    const host = hostWith({
      "/boot": "system_u:object_r:below_t:s0",
      "/boot/initrd.img-6.1": "system_u:object_r:image_t:s0:c1,c2",
      [directory]: "system_u:object_r:dir_t:s0",
      "/etc/link": "not a label; rm -rf /",
    });
    rewriteFile(host, join(root, "etc/fstab"), (text) => text.replace("ext4", "xfs"));
    const logged: string[] = [];
    const log = (text: string) => void logged.push(text);
    const result = await labelWhatIsNew({ host, root, log }, ["/", "/boot"]);
    assert.equal(result, { labelled: 5, defects: [] });
    assert.is(labelOf(join(root, "etc/fstab")), "admin_t");
    assert.is(host.readText(join(root, "etc/fstab")), "UUID=1 / xfs\n");
    assert.is(labelOf(join(root, `${directory.slice(1)}`)), "dir_t");
    assert.is(labelOf(join(root, `${directory.slice(1)}/file`)), "dir_t");
    assert.is(labelOf(join(root, "etc/link")), "etc_t");
    assert.is(labelOf(join(root, "boot")), "boot_t");
    assert.ok(logged.includes("labelled /boot/initrd.img-6.1 system_u:object_r:image_t:s0:c1,c2"), logged.join("\n"));
    assert.is(labelBelow("boot"), "system_u:object_r:below_t:s0");
    assert.ok(host.asked.flat().every((path) => !path.startsWith("/proc")));
    assert.equal(await labelWhatIsNew({ host, root, log }, ["/", "/boot"]), { labelled: 0, defects: [] });
  } finally {
    await end();
  }
});

test("without matchpathcon all get their directories' labels, and that is told; without SELinux nothing gets one", async () => {
  const end = system();
  try {
    const host = hostWith(undefined);
    const log = () => {};
    host.write(join(root, "etc/selinux/config"), "SELINUX=disabled\n");
    assert.equal(await labelWhatIsNew({ host, root, log }, ["/", "/boot"]), { labelled: 0, defects: [] });
    host.write(join(root, "etc/selinux/config"), "SELINUX=enforcing\n");
    const { labelled, defects } = await labelWhatIsNew({ host, root, log }, ["/", "/boot"]);
    assert.is(labelled, 6);
    assert.equal(
      defects.map((text) => text.replace(/\(.*\)/, "()")),
      ["/", "/boot"].map(
        (path, index) =>
          `${[5, 1][index]} files below ${path} have the SELinux labels of their directories, as nobody knows theirs (): run restorecon -R ${path}`,
      ),
    );
    assert.is(labelOf(join(root, "boot/initrd.img-6.1")), "boot_t");
    assert.is(labelOf(join(root, "etc/selinux/config")), "etc_t");
  } finally {
    await end();
  }
});

test("a file that is rewritten keeps owner, mode and attributes", () => {
  const file = join(work, "file");
  writeFileSync(file, "old");
  sh(["chown", "12:34", file]);
  sh(["chmod", "4751", file]);
  label(file, "own_t");
  sh(["setfattr", "-n", "user.note", "-v", "kept", file]);
  rewriteFile(linuxHost(), file, () => "new");
  assert.is(sh(["stat", "-c", "%u %g %a", file]).trim(), "12 34 4751");
  assert.is(labelOf(file), "own_t");
  assert.match(sh(["getfattr", "-n", "user.note", "--absolute-names", file]), /kept/);
});

test.run();
