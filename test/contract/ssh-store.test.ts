import { suite } from "uvu";
import * as assert from "uvu/assert";
import { needing } from "../support/needing.ts";
import { storeContract } from "../support/store-contract.ts";
import { StoreLab } from "../support/store-lab.ts";

const test = suite("backups on an SSH server that has a shell alone");
const lab = new StoreLab("ssh");
const isRoot = process.getuid?.() === 0;
const hasBusybox = isRoot && Bun.which("busybox") !== null;

test.before(async () => {
  await lab.makeTree(14_000_000);
});
test.after(() => lab.remove());

const PLACE = `ssh://joe@127.0.0.1${lab.base}/root`;

/** What the steps say: see store-run.ts. */
function steps(env: Record<string, string>, words: readonly string[], place = PLACE): Promise<string> {
  return lab.steps(place, { KEY: "key", ...env }, words);
}

storeContract(test, {
  ...{ lab, canRun: isRoot, place: PLACE, env: { KEY: "key" }, home: "root", leastVolumes: 4 },
  madeIn: /^made ssh:\/\/joe@127\.0\.0\.1:22\/.*\/h\/p\/DATE$/m,
  secret: /OPENSSH PRIVATE KEY/,
  comparesDigests: false,
  // With a small device's tools.
  breaks: {
    ...{ canRun: hasBusybox, env: { SERVER: "breaking" }, step: "2:touch $BASE/root/break" },
    says: /^log: write .*\/volume-000\d\.tar\.zst: .*; trying again$/m,
  },
  full: {
    step: "2:head -c 200000000 /dev/zero >$BASE/root/fill 2>/dev/null || true",
    says: /^refused: .* can't write .*volume-.*: No space left on device \(no-space\) Make room there/m,
  },
  killed: { leaves: /volume-0001\.tar\.zst$/m },
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
