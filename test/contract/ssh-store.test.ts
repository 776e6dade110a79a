import { suite } from "uvu";
import * as assert from "uvu/assert";
import { needing } from "../support/needing.ts";
import { StoreLab } from "../support/store-lab.ts";

const test = suite("backups on an SSH server that has a shell alone");
const lab = new StoreLab("ssh");
const { base } = lab;
const isRoot = process.getuid?.() === 0;
const hasBusybox = isRoot && Bun.which("busybox") !== null;

test.before(async () => {
  await lab.makeTree(14_000_000);
});
test.after(() => lab.remove());

const PLACE = `ssh://joe@127.0.0.1${base}/root`;

/** What the steps say: see store-run.ts. */
function steps(env: Record<string, string>, words: readonly string[], place = PLACE): Promise<string> {
  return lab.steps(place, { KEY: "key", ...env }, words);
}

const NAMES = 'cd $BASE/root; find h/p -printf "%P\\n" | sed "s/T[0-9-]*/T/" | sort';
const HEAD = ["boot", "boot/initrd.img", "boot/vmlinuz", "mondo", "mondo/HOWTO.txt", "mondo/boot.sha256"];
const REST = ["mondo/catalog.mcat.zst", "mondo/manifest.json", "rescue.iso"];

/** The names of a whole set in such a listing, and no others. */
function requireOneSet(said: string): void {
  const names = said.split("\n").flatMap((line) => /^\d{4}-\d\d-\d\dT\/(.*)$/.exec(line)?.[1] ?? []);
  const isVolume = (name: string) => /^mondo\/volume-000\d\.tar\.zst$/.test(name);
  assert.equal(
    names.filter((name) => !isVolume(name)),
    [...HEAD, ...REST],
  );
  assert.ok(names.filter(isVolume).length >= 4);
}

needing(test, isRoot)("a set is written, read through, and goes when a newer one takes its place", async () => {
  const said = await steps({}, ["archive", "archive", "prune", NAMES, "verify"]);
  assert.match(said, /^made ssh:\/\/joe@127\.0\.0\.1:22\/.*\/h\/p\/DATE\nmade ssh/);
  assert.match(said, /^verified: whole$/m);
  requireOneSet(said);
  assert.match(said, /^left: $/m, "keys stay nowhere");
});

needing(test, hasBusybox)(
  "a small device's tools do; a connection that breaks in mid-volume costs a second try",
  async () => {
    const said = await steps({ SERVER: "breaking" }, [
      "2:touch $BASE/root/break".replace("$BASE", base),
      "verify",
      NAMES,
    ]);
    assert.match(said, /^log: write .*\/volume-000\d\.tar\.zst: .*; trying again$/m);
    assert.match(said, /^verified: whole$/m);
    requireOneSet(said);
  },
);

needing(test, isRoot)("a disk that gets full is named; the new set goes, and the one before stays whole", async () => {
  const fill = `2:head -c 200000000 /dev/zero >${base}/root/fill 2>/dev/null || true`;
  const said = await steps({}, ["archive", fill, `at last:${NAMES}`]);
  assert.match(said, /^refused: .* can't write .*volume-.*: No space left on device \(no-space\) Make room there/m);
  requireOneSet(said);
});

needing(test, isRoot)("what a killed run has begun, the next one removes, and nothing else", async () => {
  const said = await steps({}, ["killed", NAMES, "archive", "echo now", NAMES]);
  const [before = "", after = ""] = said.split("\nnow\n");
  assert.match(before, /^killed by SIGKILL\n[\s\S]*volume-0001\.tar\.zst$/m);
  assert.match(before, /^log: removed ssh:.*, which an earlier run had begun$/m);
  requireOneSet(after);
});

needing(test, isRoot)("what is wrong with key, directory or rights is told in a sentence at once", async () => {
  const told = [
    await steps({ KEY: "other" }, ["archive"]),
    await steps({}, ["archive"], `${PLACE}/nowhere`),
    await steps({}, ["mkdir $BASE/root/a; chmod 555 $BASE/root/a", "archive"], `${PLACE}/a`),
  ];
  for (const [index, expected] of [
    /^refused: the SSH server does not let joe@127\.0\.0\.1 in/m,
    /^refused: 127\.0\.0\.1 has no directory .*\/root\/nowhere/m,
    /^refused: 127\.0\.0\.1 can't write .*Permission denied \(system\) Let this user write there/m,
  ].entries()) {
    assert.match(told[index] ?? "", expected);
    assert.match(told[index] ?? "", /^left: $/m);
  }
});

test.run();
