import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { extractArchive } from "../../../../src/archive/extract/extract-archive.ts";
import { silentReporter } from "../../../../src/base/report.ts";
import { needing } from "../../../support/needing.ts";
import { bash } from "../../../support/shell.ts";
import { craft, craftSet } from "../crafted-set.ts";

const isRoot = process.getuid?.() === 0;
const MODES = [0o600, 0o644, 0o644, 0o666, 0o777, 0o4755, 0o2711, 0o1644, 0, 0o444, 0o600, 0o640];
const ACL = "system.posix_acl_access" as never;
/** user::rw-, user:5:rwx, group::---, mask::rwx, other::--- */
const ACL_VALUE = Buffer.from(
  "02000000" + "01000600ffffffff" + "0200070005000000" + "04000000ffffffff" + "10000700ffffffff" + "20000000ffffffff",
  "hex",
);

/** Many files of one directory, so that the later ones are made by what the first ones were like. */
const files = [...MODES, ...MODES].flatMap((mode, i) => {
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const file = craft(`d/${String(i).padStart(2, "0")}`, "file", { mode, ...owner });
  if (!isRoot) return [file];
  const other = { ...file, path: `${file.path}-other` as never, uid: 1234, gid: 4_000_000 };
  const link = craft(`${file.path}-link`, "symlink", { to: "x", uid: i % 2, gid: 7 });
  const guarded = { ...file, path: `${file.path}-acl` as never, mode: 0o670, xattrs: new Map([[ACL, ACL_VALUE]]) };
  return [file, other, link, ...(i === 3 ? [guarded] : [])];
});

async function restored(before: (directory: string) => unknown, umask: number): Promise<string> {
  const base = mkdtempSync(join(tmpdir(), "mondo-births-"));
  const old = process.umask(umask);
  try {
    for (const name of ["set", "target", "target/d"]) mkdirSync(join(base, name));
    await before(join(base, "target/d"));
    const [directory, target] = [join(base, "set"), join(base, "target")];
    const manifest = craftSet(directory, [craft("d", "directory"), ...files]);
    const { problems } = await extractArchive({ directory, manifest, target, threads: 0 }, silentReporter);
    assert.equal(problems, []);
    return await bash(`cd ${target}
find d/ ! -type d -printf '%P %m %l %U:%G %T@\\n' | LC_ALL=C sort
find d/ -type f -print0 | LC_ALL=C sort -z > ../names
xargs -0 getfacl -np < ../names; xargs -0 getfattr -d -m - < ../names; xargs -0 lsattr -p < ../names`);
  } finally {
    process.umask(old);
    rmSync(base, { recursive: true, force: true });
  }
}

/** What they are like when nothing is handed on; made once. */
const plain = restored(() => {}, 0o022);

test("extractArchive() gives each of many files in a directory its own mode and owners", async () => {
  const listing = await plain;
  for (const { kind, path, mode, uid, gid, target, xattrs } of files) {
    const what = kind === "file" ? (xattrs ? 0o670 : mode).toString(8) : "777";
    const line = `${path.slice(2)} ${what} ${target ?? ""} ${uid}:${gid} 1000000000.`;
    assert.ok(listing.includes(line), line);
  }
});

for (const umask of [0, 0o077, 0o777]) {
  test(`extractArchive() makes the same of them with umask ${umask.toString(8)}`, async () => {
    const expected = await plain;
    assert.is(await restored(() => {}, umask), expected);
  });
}

needing(test, isRoot)(
  "extractArchive() makes the same of them in a directory that hands on its group, a list, flags and a project",
  async () => {
    const inherits = async (directory: string) => {
      chownSync(directory, 77, 88);
      chmodSync(directory, 0o2777);
      await bash(
        `setfacl -d -m u:9:rwx,g::rx,m::rwx,o::rx ${directory}; chattr +dA ${directory}; chattr +P -p 7 ${directory} || true`,
      );
    };
    const expected = await plain;
    assert.is(await restored(inherits, 0o022), expected);
  },
);

test.run();
