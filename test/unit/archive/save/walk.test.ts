import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Scope, scopeRules } from "../../../../src/archive/save/scope.ts";
import { walk } from "../../../../src/archive/save/walk.ts";
import { Directories } from "../../../../src/archive/tree/directories.ts";
import { inodeKey } from "../../../../src/archive/tree/live-file.ts";
import { openDirectory } from "../../../../src/archive/tree/open-root.ts";
import { displayBytes, toByteString } from "../../../../src/base/bytes.ts";
import { closeFd } from "../../../../src/host/fs-calls.ts";
import { shell } from "../odd-tree.ts";

const NTFS3 = 0x7366746e;
const EXT4 = 0xef53;

interface Walked {
  readonly paths: string[];
  readonly problems: string[];
}

/** Walks a tree whose `/win` is a mounted file system of some kind, and whose root is none. */
function walked(magic: number, scope: Partial<Scope> = {}): Walked {
  const root = mkdtempSync(join(tmpdir(), "mondo-walk-"));
  const problems: string[] = [];
  try {
    mkdirSync(join(root, "win"));
    shell(root, "mount -t tmpfs t win; mkdir win/vm win/hiberfil.sys; touch pagefile.sys win/vm/pagefile.sys");
    shell(root, "touch win/PageFile.sys win/swapfile.sys win/notes");
    const rootFd = openDirectory(root);
    const rules = scopeRules({ include: ["/"], exclude: [], mounts: ["/win"], ...scope });
    const onProblem = ({ path, severity }: { path: string; severity: string }) => problems.push(`${severity} ${path}`);
    const found = [...walk(rootFd, { rules, onProblem, magicOf: () => magic })];
    closeFd(rootFd);
    return { paths: found.map(({ path }) => displayBytes(path)), problems };
  } finally {
    Bun.spawnSync(["umount", join(root, "win")]);
    rmSync(root, { recursive: true, force: true });
  }
}

const all = [
  "",
  "pagefile.sys",
  "win",
  "win/PageFile.sys",
  "win/hiberfil.sys",
  "win/notes",
  "win/swapfile.sys",
  "win/vm",
];

test("walk() leaves out swap files of other systems at the root of their file systems, and says so", () => {
  const { paths, problems } = walked(NTFS3);
  const left = ["win/PageFile.sys", "win/swapfile.sys"];
  assert.equal(paths, [...all.filter((path) => !left.includes(path)), "win/vm/pagefile.sys"]);
  assert.equal(problems, ["note /win/PageFile.sys", "note /win/swapfile.sys"]);
});

test("walk() takes such a file when it was asked for, and on any other file system", () => {
  const asked = walked(NTFS3, { include: ["/", "/win/swapfile.sys"] });
  assert.ok(asked.paths.includes("win/swapfile.sys"));
  assert.equal(asked.problems, ["note /win/PageFile.sys"]);
  assert.equal(walked(EXT4), { paths: [...all, "win/vm/pagefile.sys"], problems: [] });
});

test("walk() leaves out the file that is written to, by whatever name, and the content of such a directory", () => {
  const root = mkdtempSync(join(tmpdir(), "mondo-walk-"));
  try {
    shell(root, "mkdir -p a/out; touch a/out/x a/stream kept; ln a/stream again; ln -s a/stream link");
    const rootFd = openDirectory(root);
    const rules = scopeRules({ include: ["/"], exclude: [], mounts: [] });
    const directories = new Directories(rootFd);
    const keys = ["a/out", "a/stream"].map((path) => directories.statOf(toByteString(path)));
    const skip = new Set(keys.flatMap((stat) => (typeof stat === "object" ? [inodeKey(stat)] : [])));
    directories.close();
    const found = [...walk(rootFd, { rules, skip, onProblem: () => assert.unreachable() })];
    closeFd(rootFd);
    assert.equal(
      found.map(({ path }) => displayBytes(path)),
      ["", "a", "a/out", "kept", "link"],
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

test.run();
