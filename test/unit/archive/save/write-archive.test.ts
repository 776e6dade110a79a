import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openCatalog } from "../../../../src/archive/catalog/catalog.ts";
import { compareTree } from "../../../../src/archive/compare/compare-tree.ts";
import { extractArchive } from "../../../../src/archive/extract/extract-archive.ts";
import type { ArchiveRequest, ArchiveResult } from "../../../../src/archive/save/archive-request.ts";
import { estimateScope } from "../../../../src/archive/save/estimate-scope.ts";
import type { Scope } from "../../../../src/archive/save/scope.ts";
import { writeArchive } from "../../../../src/archive/save/write-archive.ts";
import { displayBytes } from "../../../../src/base/bytes.ts";
import { MondoError } from "../../../../src/base/errors.ts";
import { silentReporter } from "../../../../src/base/report.ts";
import { needing } from "../../../support/needing.ts";
import { shell } from "../odd-tree.ts";

const everything: Scope = { include: ["/"], exclude: [], mounts: ["/"] };

interface Ground {
  readonly tree: string;
  readonly out: string;
  write(more?: Partial<ArchiveRequest>): Promise<ArchiveResult>;
  /** Paths in the catalog, in order. */
  paths(): string[];
}

async function onGround(script: string, work: (ground: Ground) => Promise<void>): Promise<void> {
  const base = mkdtempSync(join(tmpdir(), "mondo-write-"));
  const [tree, out] = [join(base, "tree"), join(base, "out")];
  mkdirSync(tree);
  mkdirSync(out);
  try {
    shell(tree, script);
    const request = { root: tree, scope: everything, directory: out, level: 1, threads: 0 };
    await work({
      tree,
      out,
      write: (more = {}) => writeArchive({ ...request, ...more }, silentReporter),
      paths: () => [...openCatalog(join(out, "catalog.mcat.zst")).entries()].map(({ path }) => displayBytes(path)),
    });
  } finally {
    Bun.spawnSync(["sh", "-c", `umount ${base}/*/* ${base}/out 2>/dev/null`]);
    rmSync(base, { recursive: true, force: true });
  }
}

async function failureOf(work: Promise<unknown>): Promise<MondoError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof MondoError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

test("writeArchive() keeps an excluded directory and leaves out its content, and excluded files", () =>
  onGround("mkdir -p a/b c gone/x; touch a/b/in a/x c/y gone/x/z", async ({ write, paths }) => {
    await write({ scope: { ...everything, exclude: ["/a/b", "/c/y/", "/nowhere"], absent: ["/gone"] } });
    assert.equal(paths(), ["", "a", "a/b", "a/x", "c"]);
  }));

test("writeArchive() leaves nothing out for its name, whatever it is called", () => {
  const names = ["proc/1", "run/pid", "sys/a", "media/cdrom/b", "lost+found/c", "x/lost+found/d", "hiberfil.sys"];
  return onGround(
    `for i in ${names.join(" ")}; do mkdir -p $(dirname $i); touch $i; done`,
    async ({ write, paths }) => {
      assert.equal((await write()).problems, []);
      assert.equal(
        names.filter((name) => !paths().includes(name)),
        [],
      );
    },
  );
});

test("writeArchive() enters a foreign mount point that was asked for, or that leads to what was", () =>
  onGround(
    "mkdir one two; for i in one two; do mount -t tmpfs t $i; mkdir $i/d; touch $i/d/f $i/g; done",
    async ({ write, paths }) => {
      await write({ scope: { ...everything, include: ["/one", "/two/d"] } });
      assert.equal(paths(), ["", "one", "one/d", "one/d/f", "one/g", "two", "two/d", "two/d/f"]);
    },
  ));

test("writeArchive() of included paths takes the directories above them, but nothing else in those", () =>
  onGround(
    "mkdir -p home/me/sub home/you etc; touch home/me/sub/f home/you/g etc/h etc/i",
    async ({ write, paths }) => {
      await write({ scope: { ...everything, include: ["/home/me", "/etc/h"] } });
      assert.equal(paths(), ["", "etc", "etc/h", "home", "home/me", "home/me/sub", "home/me/sub/f"]);
    },
  ));

/** Holds a lease on two files, as Samba does for its clients, and gives it up 0.2 s after somebody else opens them. */
const LESSOR = `echo small > doc; head -c 9000000 /dev/urandom > large; setsid perl -e '
  open $f[$_], "+<", (qw(doc large))[$_] for 0, 1; fcntl $_, 1024, 1 or die for @f; open R, ">../leased"; close R;
  $SIG{IO} = sub { select undef, undef, undef, 0.2; fcntl $_, 1024, 2 for @f }; sleep 1 for 1 .. 5' > /dev/null 2>&1 &
for i in $(seq 50); do [ -e ../leased ] && break; sleep 0.1; done`;

test("writeArchive() waits for those who have a lease on a file", () =>
  onGround(LESSOR, async ({ write, paths, tree }) => {
    assert.ok(existsSync(join(tree, "../leased")));
    assert.equal((await write()).problems, []);
    assert.equal(paths(), ["", "doc", "large"]);
  }));

test("writeArchive() does not archive its own output", () =>
  onGround("mkdir -p keep out; touch keep/f", async ({ tree, write, out }) => {
    const result = await write({ directory: join(tree, "out") });
    assert.is(result.entries, 4);
    assert.equal(readdirSync(out), []);
  }));

test("writeArchive() enters only the mount points of the set; others stay as directories", () =>
  onGround(
    "mkdir own other; mount -t tmpfs -o mode=0701 t own; mount -t tmpfs -o mode=0702 t other; touch own/f other/g",
    async ({ write, paths, out, tree }) => {
      const scope = { ...everything, mounts: ["/", "/own"] };
      await write({ scope });
      assert.equal(paths(), ["", "other", "own", "own/f"]);
      const entries = [...openCatalog(join(out, "catalog.mcat.zst")).entries()];
      assert.is(entries[1]?.mode, 0o702);
      assert.is((await estimateScope({ root: tree, scope })).entries, 4);
    },
  ));

/**
 * Stands for an automounter: what it is asked to mount it refuses for good (AUTOFS_IOC_CATATONIC), and leaves a file
 * `asked`.
 */
const AUTOMOUNTER = `mkdir nas asked.d; setsid perl -e '
  use Fcntl; pipe R, W; fcntl W, F_SETFD, 0; my $d = sprintf "fd=%d,pgrp=%d,minproto=5,maxproto=5,direct", fileno W, getpgrp;
  system "mount", "-t", "autofs", "-o", $d, "auto", "nas" and die; close W; open F, ">asked.d/ready"; close F;
  sysread R, my $b, 1 and do { open F, ">asked.d/asked"; close F; sysopen D, "nas", O_RDONLY; ioctl D, 0x9362, 0 }' > /dev/null 2>&1 &
for i in $(seq 100); do [ -e asked.d/ready ] && break; sleep 0.1; done`;

const hasAutofs = /\tautofs$/m.test(readFileSync("/proc/filesystems", "utf8"));
needing(test, hasAutofs)("writeArchive() and compareTree() have nothing mounted by an automounter", () =>
  onGround(AUTOMOUNTER, async ({ write, paths, out, tree }) => {
    assert.ok(readFileSync("/proc/self/mounts", "utf8").includes(`${tree}/nas autofs`));
    const { problems } = await write();
    assert.equal(problems, []);
    assert.equal(paths(), ["", "asked.d", "asked.d/ready", "nas"]);
    const catalog = openCatalog(join(out, "catalog.mcat.zst"));
    assert.equal(await compareTree({ catalog, root: tree, content: true, threads: 0 }, silentReporter), []);
    assert.equal(readdirSync(join(tree, "asked.d")), ["ready"]);
  }),
);

test("writeArchive() with no space left says so and leaves nothing behind", () =>
  onGround("head -c 3000000 /dev/urandom > noise", async ({ out, write }) => {
    shell(out, 'cd /; mount -t tmpfs -o size=1m t "$OLDPWD"');
    for (const threads of [0, 2]) {
      const error = await failureOf(write({ threads }));
      assert.is(error.code, "no-space");
      assert.equal(readdirSync(out), []);
    }
  }));

test("extractArchive() with no space left names what it costs, leaves nothing cut short, and brings it at the next try", () =>
  onGround("for i in 1 2 3; do head -c 600000 /dev/urandom > $i; done", async ({ tree, out, write }) => {
    const manifest = await write();
    const target = join(tree, "..", "back");
    mkdirSync(target);
    shell(target, 'cd /; mount -t tmpfs -o size=1m t "$OLDPWD"');
    const request = { directory: out, manifest, target, threads: 0, overwrite: "never" } as const;
    try {
      const { problems } = await extractArchive(request, silentReporter);
      assert.equal(problems, [
        { path: "/2", severity: "lost", reason: "no space left" },
        { path: "/3", severity: "lost", reason: "no space left" },
      ]);
      assert.equal(readdirSync(target), ["1"]);
      shell(target, "cd /; mount -o remount,size=9m $OLDPWD");
      const again = await extractArchive(request, silentReporter);
      assert.equal(
        again.problems.map(({ path, severity }) => [path, severity]),
        [["/1", "note"]],
      );
      shell(target, `diff -r . ${tree}`);
    } finally {
      shell("/", `umount ${target}`);
    }
  }));

test("writeArchive() that is interrupted leaves nothing behind", () =>
  onGround("for i in 1 2 3 4; do head -c 3000000 /dev/urandom > $i; done", async ({ tree, out }) => {
    const abort = new AbortController();
    const reporter = { ...silentReporter, progress: () => abort.abort() };
    const request = { root: tree, scope: everything, directory: out, level: 1, threads: 1 };
    const error = await failureOf(writeArchive(request, reporter, abort.signal));
    assert.is(error.code, "cancelled");
    assert.equal(readdirSync(out), []);
  }));

test("writeArchive() of files that are shorter than they say, or unreadable, stores their size and names them", () =>
  onGround("true", async ({ write, out, tree }) => {
    const { problems } = await write({ root: "/sys/class/net/lo" });
    assert.ok(
      problems.some(({ path, reason }) => path === "/mtu" && /it became shorter/.test(reason)),
      "mtu",
    );
    assert.ok(problems.every(({ severity }) => severity !== "note"));
    shell(tree, `zstd -qdc ${out}/volume-0001.tar.zst | tar -x`);
    assert.is(readFileSync(join(tree, "mtu")).length, 4096);
    assert.match(readFileSync(join(tree, "mtu"), "latin1"), /^65536\n\0/);
  }));

test("writeArchive() at level 0 writes zstd that stock tools read", () =>
  onGround("head -c 300000 /dev/zero > zeros; head -c 7 /dev/urandom > seven", async ({ write, out, tree }) => {
    const result = await write({ level: 0 });
    assert.ok((result.volumes[0]?.sizeBytes ?? 0) > 300_000);
    shell(out, `zstd -qt volume-0001.tar.zst; zstd -qdc volume-0001.tar.zst | tar --compare -C ${tree}`);
  }));

test("writeArchive() compresses more at a higher level", () =>
  onGround("seq 100000 > numbers", async ({ write }) => {
    const sizes: number[] = [];
    for (const level of [0, 1, 9]) sizes.push((await write({ level })).volumes[0]?.sizeBytes ?? 0);
    assert.ok((sizes[0] ?? 0) > (sizes[1] ?? 0) && (sizes[1] ?? 0) > (sizes[2] ?? 0), sizes.join(" "));
  }));

test("writeArchive() of an empty root is an archive that tar accepts", () =>
  onGround("true", async ({ write, out }) => {
    assert.is((await write()).entries, 1);
    assert.is(shell(out, "zstd -qdc volume-0001.tar.zst | tar -t"), "./\n");
  }));

test("writeArchive() into or from a directory that does not exist is refused", () =>
  onGround("true", async ({ write, out }) => {
    writeFileSync(join(out, "file"), "");
    assert.is((await failureOf(write({ root: "/nowhere" }))).code, "not-found");
    assert.is((await failureOf(write({ directory: join(out, "missing") }))).code, "not-found");
    assert.match((await failureOf(write({ root: join(out, "file") }))).message, "not a directory");
  }));

/** An ext4 with a tree that a key of the kernel's own encrypts; that key is there while it is mounted so. */
const ENCRYPTED = `truncate -s 32M image; mkfs.ext4 -q -O encrypt image; mkdir fs
mount -o loop image fs; mkdir fs/plain; echo open > fs/plain/file; umount fs
mount -o loop,test_dummy_encryption=v2 image fs; mkdir -p fs/secret/deep; echo hidden > fs/secret/file; ln -s file fs/secret/link`;

test("writeArchive() says of an encrypted tree that it comes back unencrypted, and without its key invents no names", async () => {
  await onGround(":", async ({ tree, write, paths }) => {
    try {
      shell(tree, ENCRYPTED);
    } catch {
      return; // no loop devices, or a kernel without fscrypt
    }
    const root = join(tree, "fs");
    const open = await write({ root });
    assert.equal(open.problems, [
      { path: "/secret", severity: "note", reason: "it is encrypted (fscrypt): a restore brings it back unencrypted" },
    ]);
    assert.ok(paths().includes("secret/link"));
    shell(tree, "umount fs; mount -o loop image fs");
    const locked = await write({ root });
    const reason = "it is encrypted and its key is not there";
    assert.equal(
      locked.problems.filter(({ severity }) => severity === "lost"),
      [{ path: "/secret", severity: "lost", reason }],
    );
    assert.equal(
      paths().filter((path) => path.startsWith("secret")),
      ["secret"],
    );
    assert.ok(paths().includes("plain/file"));
  });
});

test.run();
