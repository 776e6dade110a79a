/** Sets without a catalog, without a manifest, with damaged and missing volumes: what the volumes alone give back. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "uvu";
import * as assert from "uvu/assert";
import { openCatalog } from "../../../../src/archive/catalog/catalog.ts";
import { decodeEntry } from "../../../../src/archive/catalog/entry-record.ts";
import type { Entry, FrameInfo } from "../../../../src/archive/entry.ts";
import { extractArchive } from "../../../../src/archive/extract/extract-archive.ts";
import type { ExtractResult } from "../../../../src/archive/extract/extract-request.ts";
import { catalogSpan, type OpenSet, openSet } from "../../../../src/archive/set/open-set.ts";
import { findFrames } from "../../../../src/archive/verify/find-frames.ts";
import { openLooseSet, withSoundCatalog } from "../../../../src/archive/verify/salvage.ts";
import { displayBytes } from "../../../../src/base/bytes.ts";
import { silentReporter } from "../../../../src/base/report.ts";
import { linuxHost } from "../../../../src/host/linux.ts";
import { describeTree, makeOddTree, mountExt4, shell } from "../odd-tree.ts";
import { saveSet } from "../saved-set.ts";

const fs = mountExt4(900);
const base = fs?.path ?? "";
const salvage = suite("salvage");
const host = linuxHost();
const [odd, oddSet, tree, whole] = ["odd", "odd-set", "tree", "set"].map((name) => join(base, name)) as [
  ...[string, string, string, string],
];
let set: OpenSet;

salvage.before(async () => {
  for (const path of [odd, tree]) mkdirSync(path);
  makeOddTree(odd);
  shell(odd, "chattr +d plain/file; chattr +a big/pieces; chattr +i links/first");
  await saveSet(odd, oddSet, { volumeBytes: 16 << 20 });
  shell(tree, "mkdir big small; head -c 17000000 /dev/urandom > big/pieces; seq 300000 > big/whole");
  shell(tree, "for i in $(seq 200); do head -c 60000 /dev/urandom > small/$i; done");
  set = await saveSet(tree, whole, { volumeBytes: 9 << 20 });
});
salvage.after(() => {
  shell(base, "chattr -R -f -ia . || true");
  fs?.release();
});

/** What is salvaged of a copy of the set that `change` has damaged. */
async function salvaged(
  of: string,
  change: (directory: string) => void,
  work: (target: string, result: ExtractResult, defects: readonly string[], entries: readonly Entry[]) => void,
): Promise<void> {
  const [directory, target, made] = ["copy-", "back-", "made-"].map((name) => mkdtempSync(join(base, name)));
  if (!directory || !target || !made) throw new Error("no directories");
  cpSync(of, directory, { recursive: true });
  change(directory);
  const named = host.exists(`${directory}/manifest.json`) ? openSet(host, directory) : openLooseSet(host, directory);
  if (!named) throw new Error("there is nothing to salvage");
  const { set: usable, defects } = await withSoundCatalog(named, made, silentReporter);
  const { manifest, locate } = usable;
  const request = { directory, manifest, locate, target, threads: 1, salvage: true };
  const result = await extractArchive(request, silentReporter);
  work(target, result, defects, [...openCatalog(catalogSpan(usable)).entries()]);
  shell(base, `chattr -R -f -ia ${target} || true`);
  for (const path of [directory, target, made]) rmSync(path, { recursive: true });
}

const flags = (directory: string) => shell(directory, "lsattr plain/file big/pieces links/first plain/third");
const withoutCatalog = (directory: string) => rmSync(join(directory, "catalog.mcat.zst"));
const volume = (number: number) => `volume-000${number}.tar.zst`;

const withoutManifest = (directory: string) => rmSync(join(directory, "manifest.json"));

salvage("without a manifest everything but sockets comes back from the volumes, to the last attribute", () =>
  salvaged(oddSet, withoutManifest, (target, { problems }, defects, entries) => {
    assert.equal([problems, defects], [[], []]);
    assert.equal(describeTree(target), describeTree(odd, "-type s"));
    assert.is(flags(target), flags(odd));
    // The catalog that was made is the one that was lost, without sockets and what only it knows.
    const known = ({ inode: _, ...entry }: Entry) => entry;
    const before = [...openCatalog(join(oddSet, "catalog.mcat.zst")).entries()].filter(({ kind }) => kind !== "socket");
    assert.equal(entries, before.map(known));
  }),
);

for (const [what, change] of [
  ["no catalog", withoutCatalog],
  ["a damaged catalog", (directory: string) => flip(directory, "catalog.mcat.zst", 100)],
] as const) {
  salvage(`with ${what} nothing is lost that the volumes hold`, () =>
    salvaged(whole, change, (target, { problems }, defects) => {
      assert.equal([problems, defects, differing(target)], [[], [], []]);
    }),
  );
}

/** The frames of a volume of the whole set. */
const framesOf = (number: number): FrameInfo[] => {
  const span = set.locate(volume(number));
  if (!span) throw new Error("no such volume");
  return [...findFrames(span, number - 1)].flatMap(({ frame }) => frame ?? []);
};

function flip(directory: string, name: string, at: number): void {
  const path = join(directory, name);
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  writeFileSync(path, bytes);
}

/** Files of two trees that differ, and those that only the first has. */
const differing = (target: string) =>
  shell(tree, `find . -type f | sort | while read -r f; do cmp -s "$f" "${target}/$f" || echo "$f"; done`)
    .trim()
    .split("\n")
    .filter((name) => name !== "");

/** Files of which content lies in a volume, by the catalog. */
function filesOn(wanted: number): string[] {
  const found = new Set<string>();
  let [at, path] = [-1, ""];
  for (const record of openCatalog(catalogSpan(set)).records()) {
    if (record.type === "frame") at = record.frame.volume;
    if (record.type === "entry") {
      const entry = decodeEntry(record.bytes);
      path = `./${displayBytes(entry.path)}`;
      if (at === wanted && entry.kind === "file") found.add(path);
    } else if (record.type === "piece" && at === wanted) found.add(path);
  }
  return [...found].sort();
}

for (const way of ["its seek table", "none"] as const) {
  salvage(`a damaged piece costs that piece alone, by ${way}`, () =>
    salvaged(
      whole,
      (directory) => {
        withoutCatalog(directory);
        // The second piece of big/pieces: the first has a header before it.
        const piece = framesOf(1).find(({ tarBytes }) => tarBytes === 4 << 20);
        flip(directory, volume(1), (piece?.offset ?? 0) + 100_000);
        if (way === "none")
          truncateSync(
            join(directory, volume(1)),
            framesOf(1).reduce((sum, { storedBytes }) => sum + storedBytes, 0),
          );
      },
      (target, { problems }, defects) => {
        assert.match(defects[0] ?? "", /the frame at byte \d+ of \S+volume-0001\.tar\.zst is damaged/);
        assert.ok(
          problems.length > 0 && problems.every(({ path }) => path === "/big/pieces"),
          JSON.stringify(problems),
        );
        assert.equal(differing(target), ["./big/pieces"]);
        if (way === "none") return;
        const [got, expected] = [target, tree].map((path) => readFileSync(join(path, "big/pieces")));
        if (!got || !expected) throw new Error("nothing to compare");
        const at = 4 << 20;
        assert.is(Buffer.compare(got.subarray(0, at), expected.subarray(0, at)), 0);
        assert.is(Buffer.compare(got.subarray(2 * at), expected.subarray(2 * at)), 0);
      },
    ),
  );
}

salvage("a missing volume costs what lies on it, and no other volume's piece takes a missing one's place", () =>
  salvaged(
    whole,
    (directory) => {
      for (const name of ["manifest.json", volume(2)]) rmSync(join(directory, name));
    },
    (target, _, defects) => {
      assert.match(defects[0] ?? "", /the volume is missing \(volume-0002\.tar\.zst\)/);
      assert.equal(differing(target), filesOn(1));
    },
  ),
);

salvage("a volume alone gives what is whole in it", () =>
  salvaged(
    whole,
    (directory) => shell(directory, `ls | grep -v $(ls volume-* | tail -1) | xargs rm`),
    (target, { entries }) => {
      assert.ok(entries > 10, String(entries));
      const restored = shell(target, "find . -type f | sort").trim().split("\n");
      const wrong = differing(target);
      assert.ok(
        restored.every((path) => !wrong.includes(path)),
        wrong.join(),
      );
    },
  ),
);

if (fs) salvage.run();
else {
  test.skip("salvage needs root and loop devices");
  test.run();
}
