/** What lies below mounts, from the kernel's view of it to a restored machine's. */
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openCatalog } from "../../../src/archive/catalog/catalog.ts";
import { compareTree } from "../../../src/archive/compare/compare-tree.ts";
import { extractArchive } from "../../../src/archive/extract/extract-archive.ts";
import { estimateScope } from "../../../src/archive/save/estimate-scope.ts";
import type { Scope } from "../../../src/archive/save/scope.ts";
import { findParents, requireParents } from "../../../src/archive/set/chain.ts";
import { catalogSpan, type OpenSet } from "../../../src/archive/set/open-set.ts";
import { displayBytes } from "../../../src/base/bytes.ts";
import { silentReporter } from "../../../src/base/report.ts";
import { linuxHost } from "../../../src/host/linux.ts";
import type { HiddenPlace } from "../../../src/layout/hidden-places.ts";
import { mountExt4, shell } from "./odd-tree.ts";
import { saveSet } from "./saved-set.ts";

const hidden = suite("what lies below mounts");
const source = mountExt4(32);
const target = mountExt4(32);
const work = mkdtempSync(join(tmpdir(), "mondo-below-"));
const tree = source?.path ?? work;
/** `/srv/data` is a mount of the set, `/dev` is not. */
const places: HiddenPlace[] = [
  { path: "/srv/data", under: "/", tree: "/mondo-hidden/-" },
  { path: "/dev", under: "/" },
];
const scope: Scope = { include: ["/"], exclude: [], mounts: ["/", "/srv/data"], hidden: places };
const namesOf = (set: OpenSet) =>
  [...openCatalog(catalogSpan(set)).names()]
    .map(({ path }) => displayBytes(path))
    .filter((path) => path !== "lost+found");
const save = (name: string, more: Partial<Scope> = {}, parent?: OpenSet) =>
  saveSet(tree, join(work, name), { scope: { ...scope, ...more }, parent });
const mountsBelow = (path: string) => readFileSync("/proc/self/mountinfo", "utf8").split(path).length;

const FILL = `
printf seen > seen; mkdir -p srv/data/deep dev/pts; printf forgotten > srv/data/deep/file; chmod 750 srv/data
ln seen srv/data/link; ln srv/data/deep/file srv/data/deep/again; ln -s nowhere srv/data/dangling
head -c 9000000 /dev/urandom > srv/data/pieces; mknod dev/console c 5 1; mknod dev/null c 1 3; chmod 600 dev/console
touch -d 2001-01-01 srv/data dev dev/pts srv/data/deep
mount -t tmpfs t srv/data; mount -t tmpfs t dev; printf shown > srv/data/shown; printf live > dev/live; mkdir srv/data/deep
`;

let full: OpenSet;
hidden.before(async () => {
  shell(tree, FILL);
  await Bun.sleep(3100);
  full = await save("full");
});
hidden.after(() => {
  Bun.spawnSync(["umount", join(tree, "dev"), join(tree, "srv/data"), join(target?.path ?? "", "srv/data")]);
  source?.release();
  target?.release();
  shell("/", `rm -rf '${work}'`);
});

if (source && target) {
  hidden(
    "is saved: by its path where nothing is mounted again, else in a place of its own; no mount stays behind",
    async () => {
      const before = mountsBelow(tree);
      assert.equal(namesOf(full), [
        ...["", "dev", "dev/console", "dev/null", "dev/pts"],
        ...["mondo-hidden/-/srv/data", "mondo-hidden/-/srv/data/dangling", "mondo-hidden/-/srv/data/deep"],
        ...["again", "file"].map((name) => `mondo-hidden/-/srv/data/deep/${name}`),
        ...["mondo-hidden/-/srv/data/link", "mondo-hidden/-/srv/data/pieces"],
        ...["seen", "srv", "srv/data", "srv/data/deep", "srv/data/shown"],
      ]);
      assert.equal(full.manifest.problems, []);
      assert.is(mountsBelow(tree), before);
    },
  );

  hidden("counts in the estimate", async () => {
    const [all, seen] = [
      await estimateScope({ root: tree, scope }),
      await estimateScope({ root: tree, scope: { ...scope, hidden: [] } }),
    ];
    assert.ok(all.bytes - seen.bytes > 9_000_000);
    assert.is(all.entries, namesOf(full).length + 1);
  });

  hidden("comes back below the mounts of another machine, links included, and compares there", async () => {
    const root = target.path;
    shell(root, "mkdir -p srv/data; mount -t tmpfs t srv/data");
    const request = {
      directory: full.directory,
      locate: full.locate,
      manifest: full.manifest,
      target: root,
      threads: 2,
    };
    const { problems } = await extractArchive({ ...request, hidden: places }, silentReporter);
    assert.equal(problems, []);
    const catalog = openCatalog(catalogSpan(full));
    const compare = (more: { hidden?: HiddenPlace[] }) =>
      compareTree({ catalog, root, content: true, ...more }, silentReporter);
    assert.equal(await compare({ hidden: places }), []);
    assert.ok(
      (await compare({})).some(({ path, what }) => path === "/mondo-hidden/-/srv/data/pieces" && what === "missing"),
    );
    assert.is(existsSync(join(root, "mondo-hidden")), false);
    assert.is(readFileSync(join(root, "srv/data/shown"), "utf8"), "shown");
    shell(root, "umount srv/data");
    assert.is(readFileSync(join(root, "srv/data/deep/file"), "utf8"), "forgotten");
    assert.is(statSync(join(root, "srv/data/link")).ino, statSync(join(root, "seen")).ino);
    assert.is(statSync(join(root, "srv/data/deep/again")).nlink, 2);
    assert.is(statSync(join(root, "srv/data")).mode & 0o7777, 0o750);
    assert.is(lstatSync(join(root, "dev/console")).rdev, 0x501);
    assert.is(existsSync(join(root, "srv/data/shown")), false);
    shell(root, "mount -t tmpfs t srv/data");
  });

  hidden("is compared with the machine itself, and what changed below a mount is found", async () => {
    const catalog = openCatalog(catalogSpan(full));
    const compare = () => compareTree({ catalog, root: tree, content: true, hidden: places }, silentReporter);
    assert.equal(await compare(), []);
    shell(
      tree,
      "mkdir below; mount --bind . below; printf forgOtten > below/srv/data/deep/file; umount below; rmdir below",
    );
    const found = (await compare()).map(({ path, what }) => `${path} ${what}`);
    assert.ok(found.includes("/mondo-hidden/-/srv/data/deep/again content"));
  });

  hidden("differs in a differential set as all else does", async () => {
    await Bun.sleep(3100);
    const second = await save("second", {}, full);
    assert.ok(second.storedBytes < 100, `${second.storedBytes} bytes`);
    assert.equal(namesOf(second), namesOf(full));
    shell(tree, "mkdir below; mount --bind . below; rm below/srv/data/deep/again; umount below; rmdir below");
    const third = await save("third", {}, second);
    assert.is(readFileSync(join(third.directory, "removed.txt"), "latin1"), "./mondo-hidden/-/srv/data/deep/again\0");
    const to = join(work, "to");
    mkdirSync(to);
    const { directory, locate, manifest } = requireParents(third, findParents(linuxHost(), third));
    const { problems } = await extractArchive({ directory, locate, manifest, target: to, threads: 1 }, silentReporter);
    assert.equal(problems, []);
    assert.is(readFileSync(join(to, "mondo-hidden/-/srv/data/deep/file"), "utf8"), "forgOtten");
  });

  hidden("goes to a directory of its own with tar, which leaves alone what is seen", () => {
    const to = join(work, "tar");
    mkdirSync(to);
    shell(to, `cat '${full.directory}'/volume-*.tar.zst | zstd -dcq | tar -x -p --numeric-owner`);
    assert.is(readFileSync(join(to, "mondo-hidden/-/srv/data/deep/file"), "utf8"), "forgotten");
    assert.is(readFileSync(join(to, "srv/data/shown"), "utf8"), "shown");
    assert.is(existsSync(join(to, "srv/data/deep/file")), false);
    assert.is(lstatSync(join(to, "dev/null")).rdev, 0x103);
  });

  hidden("is left out with the path, in whole or in part", async () => {
    const without = namesOf(await save("without", { exclude: ["/srv/data/deep", "/dev"] }));
    const left = without.filter((path) => path.startsWith("mondo-hidden") || path.startsWith("dev"));
    assert.equal(left, [
      "dev",
      ...["", "/dangling", "/deep", "/link", "/pieces"].map((name) => `mondo-hidden/-/srv/data${name}`),
    ]);
    const absent = namesOf(await save("absent", { absent: ["/mondo-hidden/-/srv/data/pieces"] }));
    assert.is(absent.includes("mondo-hidden/-/srv/data/pieces"), false);
  });

  hidden("names what can't be looked at, and a directory that has its name", async () => {
    mkdirSync(join(tree, "mondo-hidden"));
    linkSync(join(tree, "seen"), join(tree, "mondo-hidden/mine"));
    const gone = { path: "/gone/x", under: "/gone", tree: "/mondo-hidden/gone" };
    const { manifest } = await save("odd", { hidden: [...places, gone] });
    assert.equal(
      manifest.problems.map(({ path, severity }) => `${severity} ${path}`),
      ["lost /gone/x", "lost /mondo-hidden"],
    );
    writeFileSync(join(tree, "mondo-hidden/mine"), "");
    const plain = namesOf(await save("plain", { hidden: [] }));
    assert.ok(plain.includes("mondo-hidden/mine"));
  });

  hidden("is put beside the mount, and said so, where a kernel does not show it", async () => {
    const to = join(work, "beside");
    mkdirSync(to);
    const request = { directory: full.directory, locate: full.locate, manifest: full.manifest, target: to, threads: 0 };
    const far: HiddenPlace[] = [{ path: "/far/x", under: "/far", tree: "/mondo-hidden/-" }];
    const { problems } = await extractArchive({ ...request, hidden: far }, silentReporter);
    assert.equal(problems, [
      {
        path: "/far/x",
        severity: "changed",
        reason: "what lies below the mount was put into /mondo-hidden/-/x instead",
      },
    ]);
    assert.ok(existsSync(join(to, "mondo-hidden/-/srv/data/pieces")));
  });

  hidden("is a file that another one, or a device, is mounted over: it is saved, compared and comes back", async () => {
    const top = mkdtempSync(join(work, "files-"));
    shell(top, "mkdir etc; printf secret > etc/key; printf mine > etc/hosts; ln etc/hosts etc/same; printf o > other");
    shell(top, "mount --bind /dev/null etc/key; mount --bind other etc/hosts");
    try {
      const below: HiddenPlace[] = ["/etc/hosts", "/etc/key"].map((path) => ({ path, under: "/" }));
      const saved = await saveSet(top, join(work, "files"), { scope: { ...scope, mounts: ["/"], hidden: below } });
      assert.equal(saved.manifest.problems, []);
      const catalog = openCatalog(catalogSpan(saved));
      const compare = (root: string, more: { hidden?: HiddenPlace[] }) =>
        compareTree({ catalog, root, content: true, ...more }, silentReporter);
      assert.equal(await compare(top, { hidden: below }), []);
      assert.ok((await compare(top, {})).some(({ path }) => path === "/etc/key"));
      const to = mkdtempSync(join(work, "to-"));
      const { directory, locate, manifest } = saved;
      const request = { directory, locate, manifest, target: to, threads: 1, hidden: below };
      assert.equal((await extractArchive(request, silentReporter)).problems, []);
      const textOf = (name: string) => readFileSync(join(to, name), "utf8");
      assert.equal(["etc/key", "etc/hosts", "etc/same", "other"].map(textOf), ["secret", "mine", "mine", "o"]);
      assert.is(statSync(join(to, "etc/hosts")).nlink, 2);
      assert.equal(await compare(to, { hidden: below }), []);
    } finally {
      shell(top, "umount etc/key etc/hosts");
    }
  });
}

hidden.run();
