import { spawn } from "node:child_process";
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { volumeIdOf } from "../../src/archive/set/iso-medium.ts";
import { openSet } from "../../src/archive/set/open-set.ts";
import type { MondoError } from "../../src/base/errors.ts";
import { silentReporter } from "../../src/base/report.ts";
import { isoVolumeId, listIsoDirectory } from "../../src/formats/fs/iso9660.ts";
import { linuxHost } from "../../src/host/linux.ts";
import type { Medium } from "../../src/init/medium/mounted-medium.ts";
import { sharedMedia } from "../../src/init/medium/shared-media.ts";
import { openSharedSet } from "../../src/init/medium/shared-set.ts";
import type { Rescue } from "../../src/init/rescue.ts";
import { checkSet } from "../../src/restore/check-set.ts";
import type { RestoreContext } from "../../src/restore/context.ts";
import { call, executable, mondo } from "../support/mondo.ts";

const test = suite("a backup over several ISOs");
const work = mkdtempSync(join(tmpdir(), "mondo-isos-"));
const tree = join(work, "tree");
const out = join(work, "out");
const iso = (number: number, prefix = "web") => join(out, `${prefix}-${number}.iso`);
test.after(() => rmSync(work, { recursive: true, force: true }));

const MIB = 1 << 20;
const noise = (count: number) =>
  Buffer.concat(Array.from({ length: count }, () => crypto.getRandomValues(new Uint8Array(65_536))));
const archive = (...words: string[]) => mondo("archive", "-d", out, "-p", "web", "-1", "--root", tree, ...words);

test.before(() => {
  for (const path of [out, tree, join(tree, "data")]) mkdirSync(path);
  writeFileSync(join(tree, "aaa"), "first\n");
  for (let i = 100; i < 150; i++) writeFileSync(join(tree, `data/${i}`), noise(16));
  writeFileSync(join(tree, "large"), noise(480));
  linkSync(join(tree, "aaa"), join(tree, "zz-link"));
  writeFileSync(join(tree, "zz-last"), "last\n");
  const made = archive("-OV", "-s", "140m,30m");
  assert.is(made.status, 0, made.err);
  assert.match(made.out, / No differences between the medium and the live files/);
});

const names = () => readdirSync(out).sort();
const target = () => mkdtempSync(join(work, "target-"));
const same = (directory: string) => call(["diff", "-r", "--no-dereference", tree, directory]).out;

/** Takes an image away for as long as `during` runs. */
function without(path: string, during: () => void): void {
  renameSync(path, `${path}.away`);
  try {
    during();
  } finally {
    renameSync(`${path}.away`, path);
  }
}

/** The files that `openSet()` finds on another medium than the first of these. */
const volumesOn = (number: number) => {
  const { manifest } = openSet(linuxHost(), iso(1));
  return manifest.volumes.filter(({ medium }) => medium === number).map(({ name }) => name);
};

test("-s makes images of at most these sizes, each with manifest, catalog and its number; the first one boots", () => {
  assert.equal(names(), ["web-1.iso", "web-2.iso", "web-3.iso"]);
  assert.ok(statSync(iso(1)).size <= 140 * MIB && statSync(iso(1)).size > 130 * MIB, `${statSync(iso(1)).size}`);
  assert.ok(statSync(iso(2)).size <= 30 * MIB && statSync(iso(2)).size > 20 * MIB, `${statSync(iso(2)).size}`);
  assert.ok(statSync(iso(3)).size <= 30 * MIB);
  for (const number of [1, 2, 3]) {
    const image = readFileSync(iso(number));
    const read = (offset: number, length: number) => image.subarray(offset, offset + length);
    const { manifest } = openSet(linuxHost(), iso(number));
    assert.equal(manifest.media, { number, of: 3 });
    assert.is(isoVolumeId(read), volumeIdOf(manifest.set, number));
    const files = listIsoDirectory(read, "/mondo").map(({ name }) => name);
    const heads = ["HOWTO.txt", ...(number === 1 ? ["boot.sha256"] : []), "catalog.mcat.zst", "manifest.json"];
    assert.equal(files.sort(), [...heads, ...volumesOn(number)].sort());
    const boots = read(17 * 2048 + 7, 23).toString("latin1") === "EL TORITO SPECIFICATION";
    assert.is(boots, number === 1);
  }
});

test("list and compare need one medium, whichever it is", () => {
  const all = mondo("list", iso(1)).out;
  assert.is(all.trimEnd().split("\n").length, 56);
  const alone = target();
  copyFileSync(iso(3), join(alone, "web-3.iso"));
  assert.is(mondo("list", join(alone, "web-3.iso")).out, all);
  const compared = mondo("compare", join(alone, "web-3.iso"), "--root", tree);
  assert.is(compared.status, 0, compared.out);
  rmSync(alone, { recursive: true });
});

test("extract finds the other media beside any of them, and brings the whole tree", () => {
  const to = target();
  const outcome = mondo("extract", iso(2), "/", "--to", to);
  assert.is(outcome.status, 0, outcome.err);
  assert.is(same(to), "");
  assert.is(statSync(join(to, "zz-link")).ino, statSync(join(to, "aaa")).ino);
  rmSync(to, { recursive: true });
});

test("extract of a file needs only the media that hold it; another missing one is named by number and host", () => {
  without(iso(2), () => {
    const to = target();
    const taken = mondo("extract", iso(3), "zz-last", "zz-link", "--to", to);
    assert.is(taken.status, 0, taken.err);
    assert.is(readFileSync(join(to, "zz-link"), "utf8"), "first\n");
    const outcome = mondo("extract", iso(1), "large", "--to", to);
    assert.is(outcome.status, 1);
    assert.match(
      outcome.err,
      /medium 2 of 3 of the backup of \S+, \d{4}-\d\d-\d\d \d\d:\d\d UTC \(set [-0-9a-f]{36}\) is not beside/,
    );
    assert.equal(readdirSync(to).sort(), ["zz-last", "zz-link"]);
    rmSync(to, { recursive: true });
  });
});

test("verify reads all media, names a missing one and what lies on it; salvage brings the rest", () => {
  assert.is(mondo("verify", iso(1)).status, 0);
  without(iso(2), () => {
    const verified = mondo("verify", iso(1), "--json");
    assert.is(verified.status, 1);
    assert.match(verified.out, /"event":"defect","text":"medium 2 of 3 of the backup of /);
    assert.match(verified.out, /"event":"damaged","path":"\/large"/);
    const to = target();
    const salvaged = mondo("verify", iso(1), "--salvage", "--to", to, "--json");
    assert.is(salvaged.status, 3);
    assert.match(
      salvaged.out,
      /"path":"\/large","severity":"lost","reason":"a part of it: it lies on medium 2, which is missing"/,
    );
    const damaged = (text: string) =>
      [...text.matchAll(/"event":"(?:damaged|problem)","path":"([^"]*)"/g)].map(([, path]) => path);
    assert.equal(damaged(salvaged.out).sort(), damaged(verified.out).sort());
    const difference = same(to)
      .trim()
      .split("\n")
      .map((line) => line.replace(/^Only in (.*): (.*)$/, "$1/$2").slice(tree.length));
    const missing = damaged(salvaged.out).filter((path) => path !== "/large");
    assert.equal(difference.filter((path) => missing.includes(path)).sort(), missing.sort());
    rmSync(to, { recursive: true });
  });
});

test("a medium counts by what it holds: one with another name is found, one of another set with its name is not taken", () => {
  renameSync(iso(2), join(out, "renamed by somebody.iso"));
  assert.is(mondo("verify", iso(1)).status, 0);
  copyFileSync(iso(3), iso(2));
  assert.is(mondo("verify", iso(1)).status, 0);
  renameSync(join(out, "renamed by somebody.iso"), join(work, "away"));
  const outcome = mondo("verify", iso(1));
  assert.is(outcome.status, 1);
  assert.match(outcome.out, /medium 2 of 3 .* is not beside/);
  renameSync(join(work, "away"), iso(2));
});

test("a cut medium is named, with the files behind the cut", () => {
  const whole = readFileSync(iso(3));
  writeFileSync(iso(3), whole.subarray(0, whole.length / 2));
  const outcome = mondo("verify", iso(1));
  writeFileSync(iso(3), whole);
  assert.is(outcome.status, 1);
  assert.match(outcome.out, /web-3\.iso is \d+ bytes long instead of \d+/);
});

test("GNU tar gets the tree from the volumes of all media, and what is whole on one from that alone", () => {
  const set = target();
  for (const number of [1, 2, 3]) {
    const words = ["-osirrox", "on", "-indev", iso(number), "-extract", "/mondo", join(set, String(number))];
    assert.is(call(["xorriso", ...words]).status, 0);
  }
  const howto = readFileSync(join(set, "2/HOWTO.txt"), "utf8");
  assert.match(howto, /^This is disc 2 of 3\. Disc 1 boots\.$/m);
  const unpack = (volumes: string, to: string) =>
    call(
      ["sh", "-c", `cat ${volumes} | zstd -dc | tar -x -p --numeric-owner --xattrs --xattrs-include='*' -C ${to}`],
      set,
    );
  const command = /^ {4}(cat .*) -f -$/m.exec(howto)?.[1];
  assert.is(command?.split(" | ")[0], `cat ${[1, 2, 3].flatMap(volumesOn).join(" ")}`);
  const to = target();
  assert.is(unpack("?/volume-*", to).status, 0);
  assert.is(same(to), "");
  const part = target();
  unpack("3/volume-*", part);
  assert.is(readFileSync(join(part, "zz-last"), "utf8"), "last\n");
  const checked = call(["sh", "-c", `cd 2 && ${howto.match(/^ {4}echo .*$/gm)?.join(" && ")}`], set);
  assert.is(checked.status, 0, checked.err);
  for (const directory of [set, to, part]) rmSync(directory, { recursive: true });
});

/**
 * What the rescue makes of the images on a share, but for the mount of the first: its check before anything is touched.
 */
async function checkedFromShare(): Promise<string> {
  const reopen = () => openSet(linuxHost(), iso(1));
  const { manifest } = reopen();
  const medium = { name: "nas:/b/web-1.iso" } as Medium;
  const shared = sharedMedia({} as Rescue, medium, manifest, reopen);
  const base = { host: linuxHost(), reporter: silentReporter, manifest, setDirectory: "/nowhere" };
  return await checkSet(
    { ...base, ...shared, checkedMedia: new Set() } as unknown as RestoreContext,
    "later",
    "before",
  );
}

const refusal = (work: Promise<string>): Promise<MondoError> =>
  work.then(
    (text) => {
      throw new Error(`not refused: ${text}`);
    },
    (error: MondoError) => error,
  );

test("a share that lacks the middle image, or has a damaged one, is refused by its name before anything is touched", async () => {
  assert.is(await checkedFromShare(), "The backup is intact.");
  renameSync(iso(2), `${iso(2)}.away`);
  const missing = await refusal(checkedFromShare());
  assert.is(missing.code, "not-found");
  assert.match(
    missing.message,
    /^web-2\.iso \(medium 2 of 3 of the backup of \S+, \S+ \S+ UTC\) can't be found next to the rest of the backup$/,
  );
  const whole = readFileSync(`${iso(2)}.away`);
  const [volume = ""] = volumesOn(2);
  const { offset } = openSet(linuxHost(), `${iso(2)}.away`).locate(volume) ?? { offset: 0 };
  const flipped = Buffer.from(whole);
  flipped[offset + 5000] = (flipped[offset + 5000] ?? 0) ^ 1;
  writeFileSync(iso(2), flipped);
  const damaged = await refusal(checkedFromShare());
  assert.is(damaged.code, "damaged");
  assert.match(damaged.message, new RegExp(`web-2\\.iso:/mondo/${volume} does not have the checksum`));
  writeFileSync(iso(2), whole.subarray(0, whole.length - 4096));
  const short = await refusal(
    (async () => openSharedSet(linuxHost(), out, "nas:/b", { prefix: "web", set: undefined }).name)(),
  );
  assert.is(short.code, "damaged");
  assert.match(short.message, /web-2\.iso is \d+ bytes long instead of \d+$/);
  renameSync(`${iso(2)}.away`, iso(2));
});

test("sizes on which nothing fits are refused with the numbers before anything is written", () => {
  const before = names();
  const boot = archive("-s", "60m");
  assert.is(boot.status, 1);
  assert.match(
    boot.err,
    /-s 60\.0 MiB is too little for medium 1: it needs 1\d\d MiB, of which are \S+ MiB for kernel, initrd/,
  );
  assert.match(archive("-s", "4g,3m").err, /-s 3\.0 MiB is too little for medium 2: it needs/);
  assert.match(archive("-s", "4g,x").err, /"x" is not a size/);
  assert.match(archive("-s", "4g,1k").err, /-s 1k is not the size of a medium/);
  assert.equal(names(), before);
});

test("an interrupted backup leaves the earlier media whole, and nothing of its own", async () => {
  const inode = (number: number) => statSync(iso(number)).ino;
  const before = [1, 2, 3].map(inode);
  const child = spawn(executable, ["archive", "-d", out, "-p", "web", "-1", "--root", tree, "-s", "140m,30m"]);
  let said = "";
  child.stdout.on("data", (chunk) => {
    said += chunk;
    if (said.includes("Completing 3 images")) child.kill("SIGTERM");
  });
  const status = await new Promise((resolve) => child.on("close", resolve));
  assert.is(status, 143, said);
  assert.equal(names(), ["web-1.iso", "web-2.iso", "web-3.iso"]);
  assert.equal([1, 2, 3].map(inode), before);
});

test("a new backup of fewer media removes what is left of the old one, and leaves and names what is not ours", () => {
  writeFileSync(iso(7), "somebody's image");
  const outcome = archive("-s", "140m,60m");
  assert.is(outcome.status, 0, outcome.err);
  assert.match(outcome.out, /web-3\.iso was of an earlier, larger backup; it is removed/);
  assert.match(outcome.out, /web-7\.iso is not a medium of this backup/);
  assert.equal(names(), ["web-1.iso", "web-2.iso", "web-7.iso"]);
  assert.is(mondo("verify", iso(1)).status, 0);
  const single = archive("-s", "4g");
  assert.is(single.status, 0, single.err);
  assert.equal(names(), ["web-1.iso", "web-7.iso"]);
  assert.is(openSet(linuxHost(), iso(1)).manifest.media, undefined);
});

test.run();
