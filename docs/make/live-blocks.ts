import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Blocks, screen } from "./blocks.ts";
import { repository } from "./pages.ts";

const executable = join(repository, "dist/mondo");
const WHEN = new Date("2026-03-01T02:30:00Z");

/** The files of a small server. */
const files: Readonly<Record<string, string>> = {
  "etc/fstab": "UUID=2f5b1c9e-4b7e-4c36-9d3c-9a1f3d0e7a55 / ext4 errors=remount-ro 0 1\n",
  "etc/hostname": "web1\n",
  "etc/ssh/sshd_config": "PermitRootLogin no\n",
  "home/anna/notes.txt": "buy a second disk\n",
  "var/log/syslog": "Mar  1 02:29:00 web1 systemd[1]: Started cron.service\n",
};

function write(tree: string, path: string, content: string): void {
  writeFileSync(join(tree, path), content);
  utimesSync(join(tree, path), WHEN, WHEN);
}

function makeTree(tree: string): void {
  const directories = ["", "etc", "etc/ssh", "home", "home/anna", "var", "var/log"];
  for (const directory of directories) mkdirSync(join(tree, directory), { recursive: true });
  for (const [path, content] of Object.entries(files)) write(tree, path, content);
  for (const directory of directories.reverse()) utimesSync(join(tree, directory), WHEN, WHEN);
}

/** A command as typed and what it says, lines of progress left out; paths are shown as on a server. */
function session(directory: string, ...lines: readonly string[]): string {
  const shown = lines.map((line) => {
    const argv = [
      "-c",
      line.replaceAll("/srv/backup", join(directory, "backup")).replaceAll("/mnt/x", join(directory, "x")),
    ];
    const env = { ...process.env, PATH: `${join(repository, "dist")}:${process.env.PATH}`, LC_ALL: "C.UTF-8" };
    const { stdout, stderr } = spawnSync("bash", argv, { encoding: "utf8", cwd: directory, env });
    const said = `${stdout}${stderr}`.split("\n").filter((text) => !/^ {2}\S+ +\d+ % /.test(text));
    return `# ${line}\n${said.join("\n")}`;
  });
  return screen(
    shown.join("").replaceAll(join(directory, "backup"), "/srv/backup").replaceAll(join(directory, "x"), "/mnt/x"),
  );
}

/** Sessions with the executable and a small backup. Needs root and what `make iso` installs. */
export function liveBlocks(): Blocks {
  const directory = mkdtempSync(join(tmpdir(), "mondo-docs-"));
  try {
    const tree = join(directory, "tree");
    makeTree(tree);
    for (const name of ["backup", "x"]) mkdirSync(join(directory, name));
    const argv = ["archive", "-d", join(directory, "backup"), "-p", "web1", "--root", tree, "-1"];
    const made = spawnSync(executable, argv, { encoding: "utf8" });
    if (made.status !== 0) throw new Error(`mondo archive ended with ${made.status}: ${made.stderr}`);
    const shown = {
      list: session(directory, "mondo list /srv/backup/web1-1.iso 'etc/**'"),
      extract: session(directory, "mondo extract /srv/backup/web1-1.iso /etc/ssh --to /mnt/x", "find /mnt/x -type f"),
      verify: session(directory, "mondo verify /srv/backup/web1-1.iso"),
    };
    write(tree, "etc/ssh/sshd_config", "PermitRootLogin yes\n");
    write(tree, "var/log/syslog", "Mar  2 00:00:01 web1 systemd[1]: logrotate.service: Succeeded\n");
    const compare = session(directory, `mondo compare /srv/backup/web1-1.iso --root ${tree}`).replaceAll(
      ` --root ${tree}`,
      "",
    );
    return { ...shown, compare: compare.replaceAll(tree, "/") };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
