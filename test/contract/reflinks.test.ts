/** Blocks that files have in common, on real btrfs and XFS: saved, restored where they fit only so, and lied about. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readCatalog } from "../../src/archive/catalog/catalog.ts";
import { CATALOG_NAME, CatalogWriter } from "../../src/archive/catalog/catalog-writer.ts";
import { decodeEntry } from "../../src/archive/catalog/entry-record.ts";
import type { Entry } from "../../src/archive/entry.ts";
import { extractArchive } from "../../src/archive/extract/extract-archive.ts";
import type { ExtractRequest, ExtractResult } from "../../src/archive/extract/extract-request.ts";
import type { RoomLack } from "../../src/archive/extract/survey.ts";
import { findParents, requireParents } from "../../src/archive/set/chain.ts";
import type { OpenSet } from "../../src/archive/set/open-set.ts";
import { MondoError } from "../../src/base/errors.ts";
import { silentReporter } from "../../src/base/report.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { canLoop, sh } from "../support/loop-disk.ts";
import { needing } from "../support/needing.ts";
import { shell } from "../unit/archive/odd-tree.ts";
import { saveSet } from "../unit/archive/saved-set.ts";

const MIB = 1 << 20;
const TYPES = ["btrfs", "xfs"] as const;
const it = needing(test, canLoop());

/** Places that are gone afterwards, and file systems that are mounted in them meanwhile. */
async function inWork(
  run: (work: {
    readonly path: (name: string) => string;
    readonly mount: (type: string, name: string, mib: number) => string;
  }) => Promise<void>,
): Promise<void> {
  const base = mkdtempSync(join(tmpdir(), "mondo-reflinks-"));
  const path = (name: string) => join(base, name);
  const mounted: string[] = [];
  const mount = (type: string, name: string, mib: number) => {
    const image = path(`${name}.image`);
    sh(["truncate", "-s", `${mib}M`, image]);
    sh(type === "ext4" ? ["mke2fs", "-q", "-t", type, image] : [`mkfs.${type}`, "-q", image]);
    mkdirSync(path(name));
    sh(["mount", "-o", "loop", image, path(name)]);
    mounted.unshift(path(name));
    return path(name);
  };
  try {
    await run({ path, mount });
  } finally {
    for (const place of mounted) sh(["umount", place]);
    rmSync(base, { recursive: true });
  }
}

/** MiB in use. */
function used(path: string): number {
  sh(["sync", "-f", path]);
  const { blocks, bfree, bsize } = statfsSync(path);
  return ((blocks - bfree) * bsize) / MIB;
}

/** MiB that are free. */
const free = (path: string): number => {
  const { bavail, bsize } = statfsSync(path);
  return (bavail * bsize) / MIB;
};

const tree = (path: string) =>
  shell(path, "find . -type f -printf '%P %s %m %T@\\n' -exec sha256sum {} + | LC_ALL=C sort").split("\n");

function extract(set: OpenSet, target: string, more: Partial<ExtractRequest> = {}): Promise<ExtractResult> {
  mkdirSync(target, { recursive: true });
  const { directory, locate, manifest } = requireParents(set, findParents(linuxHost(), set));
  return extractArchive({ directory, locate, manifest, target, threads: 0, ...more }, silentReporter);
}

/** The set with a catalog that claims what `claim` says of each file. */
function lying(set: OpenSet, claim: (entry: Entry) => Partial<Entry>): OpenSet {
  const catalog = readCatalog(`${set.directory}/${CATALOG_NAME}`);
  const records = [...catalog].map((record) =>
    record.type === "entry" ? { ...record, bytes: record.bytes.slice() } : record,
  );
  const writer = new CatalogWriter(set.directory);
  let info = set.manifest.catalog;
  for (const record of records) {
    if (record.type === "frame") writer.frame(record.frame);
    else if (record.type === "piece") writer.piece(record.piece);
    else if (record.type === "end") info = writer.finish(record.end);
    else if (record.type === "entry") {
      const { shared: _, ...entry } = decodeEntry(record.bytes);
      writer.entry({ ...entry, ...claim(entry) });
    }
  }
  return { ...set, manifest: { ...set.manifest, catalog: info } };
}

for (const type of TYPES) {
  it(`${type}: files that fit only because they share blocks come back onto a disk with just as much room`, () =>
    inWork(async ({ path, mount }) => {
      const source = mount(type, "source", 300);
      const empty = used(source);
      // The image of 12 MiB, clones of it, one changed in the middle, one longer by a few bytes, one shorter.
      shell(
        source,
        `head -c 12M /dev/urandom > image; for n in 1 2 3 4; do cp --reflink=always image clone$n; done
        head -c 1000000 /dev/urandom | dd of=clone2 bs=1M seek=5 conv=notrunc iflag=fullblock status=none
        printf tail >> clone3; truncate -s 10000001 clone4; mkdir -p a/b small
        for n in $(seq 40); do head -c 90137 /dev/urandom > small/f$n; cp --reflink=always small/f$n a/b/f$n; done
        truncate -s 40M sparse; dd if=image of=sparse bs=1M count=9 seek=20 conv=notrunc status=none
        cp --reflink=always sparse a/sparse; chown 12:34 clone1; chattr +i a/sparse 2>/dev/null; sync -f .`,
      );
      const before = used(source);
      const set = await saveSet(source, path("set"));
      const shared = (set.manifest.sharedBytes ?? 0) / MIB;
      assert.ok(shared > 55 && shared < 66, `${shared} MiB`);
      const target = mount(type, "target", 300);
      const balloon = free(target) - (before - empty) - 12;
      shell(target, `fallocate -l ${Math.floor(balloon)}M balloon; sync -f .`);
      const { problems } = await extract(set, target, { threads: 2, onLack: (lack) => assert.equal(lack, {}) });
      shell(target, "rm balloon");
      shell(source, "chattr -i a/sparse 2>/dev/null || true");
      shell(target, "chattr -i a/sparse 2>/dev/null || true");
      assert.equal(problems, []);
      assert.equal(tree(target), tree(source));
      const after = used(target);
      assert.ok(after < before + 12, `${after} MiB instead of ${before}`);
    }));
}

const SMALL_TREE = `
mkdir kept gone; head -c 3000000 /dev/urandom > gone/base; cp --reflink=always gone/base kept/one
cp --reflink=always gone/base kept/two; head -c 2000000 /dev/urandom > kept/older; head -c 20000 /dev/urandom > kept/little
head -c 11000000 /dev/urandom > kept/pieces; sync -f .`;

/** Bytes of a file that lie on blocks of others: by filefrag, which shares no code with us. */
function sharedBytes(path: string): number {
  const lines = sh(["filefrag", "-v", "-b4096", path]).split("\n");
  const counts = lines.filter((line) => /\bshared\b/.test(line)).map((line) => Number(line.split(":")[3]));
  return counts.reduce((sum, count) => sum + count * 4096, 0);
}

for (const type of TYPES) {
  it(`${type}: clones of what was left out share with each other, clones of what a parent has with that`, () =>
    inWork(async ({ path, mount }) => {
      const source = mount(type, "source", 300);
      shell(source, SMALL_TREE);
      const scope = { include: ["/"], exclude: ["/gone"], mounts: ["/"] };
      const sharing = [linuxHost().stat(source)?.dev ?? ""]; // as `sharedNeeds` finds it
      const full = await saveSet(source, path("full"), { scope, sharing });
      // Nothing about the files themselves says that they have clones now.
      await Bun.sleep(3100);
      shell(source, "cd kept; for f in older little pieces; do cp --reflink=always $f new-$f; done; sync -f .");
      const next = await saveSet(source, path("next"), { scope, sharing, parent: full });
      assert.is(next.storedBytes, 2_000_000 + 20_000 + 11_000_000);
      const target = mount(type, "target", 300);
      for (const [set, name, files] of [
        [full, "a", ["one", "two"]],
        [next, "b", ["one", "two", "older", "new-older", "little", "new-little", "pieces", "new-pieces"]],
      ] as const) {
        const { problems } = await extract(set, join(target, name));
        assert.equal(problems, []);
        sh(["sync", "-f", target]);
        for (const file of files) {
          const at = join(target, name, "kept", file);
          const { size } = statSync(at);
          assert.ok(sharedBytes(at) >= size - 4096, `${name}/${file}: ${sharedBytes(at)} of ${size}`);
          sh(["cmp", at, join(source, "kept", file)]);
        }
      }
    }));
}

it("btrfs: what snapshots share is shared between subvolumes again, compressed or not", () =>
  inWork(async ({ path, mount }) => {
    const source = mount("btrfs", "source", 300);
    shell(
      source,
      `btrfs subvolume create s; mkdir s/text; for n in $(seq 300); do seq $n $((n+3000)) > s/text/$n; done; head -c 5000000 /dev/urandom > s/data
      btrfs property set s compression zstd; cp --reflink=never -r s/text s/packed; sync -f .
      btrfs subvolume snapshot -r s snap; printf changed > s/packed/new; sync -f .`,
    );
    const sharing = ["s", "snap"].map((name) => linuxHost().stat(join(source, name))?.dev ?? "");
    const set = await saveSet(source, path("set"), { sharing });
    const target = mount("btrfs", "target", 300);
    shell(target, "btrfs subvolume create s; btrfs subvolume create snap");
    const { problems } = await extract(set, target);
    assert.equal(problems, []);
    assert.equal(tree(target), tree(source));
    assert.ok(used(target) < used(source) + 12, `${used(target)} MiB instead of ${used(source)}`);
    assert.ok(sharedBytes(join(target, "snap/data")) > 4_900_000);
  }));

it("a target that can't share is looked at before anything is written", () =>
  inWork(async ({ path, mount }) => {
    const source = mount("btrfs", "source", 300);
    shell(source, "head -c 40M /dev/urandom > a; for n in 1 2 3; do cp --reflink=always a c$n; done; sync -f .");
    const set = await saveSet(source, path("set"));
    const target = mount("ext4", "target", 100);
    const lacks: RoomLack[] = [];
    const refuse = (lack: RoomLack) => {
      lacks.push(lack);
      throw new MondoError("no-space", "no room");
    };
    await extract(set, join(target, "x"), { onLack: refuse }).then(
      () => assert.unreachable(),
      ({ code }) => assert.is(code, "no-space"),
    );
    assert.equal(readdirSync(join(target, "x")), []);
    const [{ neededBytes = 0, freeBytes = 0, unsharedBytes, mayCompress, directory } = {}] = lacks;
    assert.equal([neededBytes, unsharedBytes, mayCompress, directory], [160 * MIB, 120 * MIB, false, ""]);
    assert.ok(freeBytes > 60 * MIB && freeBytes < 100 * MIB);
    // A part that fits; and again, when what is there already needs no more room.
    const select = ({ path: name }: { readonly path: string }) => name === "a" || name === "c1";
    const more = { overwrite: "never", onLack: refuse } as const;
    const { problems } = await extract(set, join(target, "x"), { ...more, select });
    assert.equal(problems, []);
    const again = await extract(set, join(target, "x"), { ...more, select });
    assert.equal(
      again.problems.map(({ severity }) => severity),
      ["note", "note"],
    );
    // Where a file system is mounted below the target, its room counts for what goes there.
    shell(target, "mkdir y; mount -t tmpfs -o size=1M tmpfs y; mkdir y/z");
    try {
      const small = await extract(set, join(target, "y"), { onLack: refuse }).catch(({ code }) => code);
      assert.is(small, "no-space");
      assert.is(lacks.at(-1)?.freeBytes, MIB);
    } finally {
      sh(["umount", join(target, "y")]);
    }
  }));

it("whatever a set claims to be shared, files hold what the archive has", () =>
  inWork(async ({ path, mount }) => {
    const source = mount("xfs", "source", 300);
    shell(
      source,
      `for n in 1 2 3; do head -c 300000 /dev/urandom > small$n; head -c 9000001 /dev/urandom > large$n; done
      printf short > short; truncate -s 9M hole; printf end >> hole; mkdir d; ln -s small1 d/link`,
    );
    const honest = await saveSet(source, path("set"));
    const spaces = [1, 2].map((space) => ({ space, ranges: [0, 4096, 100, 8192, 65536, 4096] }));
    const lies: ((entry: Entry) => Partial<Entry>)[] = [
      // All of them on one place; unaligned; in themselves; more than once; each a little further on.
      ({ size }) => ({ shared: [{ space: 1, ranges: [0, size, 0] }] }),
      ({ size }) => ({ shared: [{ space: 1, ranges: [0, 1, 77, 5, size - 5, 3333] }] }),
      ({ size }) => ({ shared: [{ space: 1, ranges: [0, 131072, 0, 131072, size - 131072, 4096] }] }),
      ({ size, path: name }) => ({ shared: size < 200_000 ? [] : spaces.map((one) => ({ ...one, path: name })) }),
      ({ size, path: name }) => ({
        shared: [{ space: 1, ranges: [0, size, name.length * 4096 + name.charCodeAt(5)] }],
      }),
    ];
    for (const type of TYPES) {
      const target = mount(type, `target-${type}`, 300);
      for (const [at, lie] of lies.entries()) {
        const set = lying(honest, (entry) => (entry.kind === "file" && entry.size > 200_000 ? lie(entry) : {}));
        const manifest = { ...set.manifest, sharedBytes: 1 };
        const { problems } = await extract({ ...set, manifest }, join(target, `${at}`));
        assert.equal(problems, []);
        assert.equal(tree(join(target, `${at}`)), tree(source), `lie ${at} on ${type}`);
        rmSync(join(target, `${at}`), { recursive: true });
      }
    }
  }));

test.run();
