/** Programs around a backup: what they are told, and what their ends do to it. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { call, executable, inPrivateMounts, mondo } from "../support/mondo.ts";

const test = suite("hooks of a backup");
const work = mkdtempSync(join(tmpdir(), "mondo-hooks-"));
const [tree, out, hooks, said] = ["tree", "out", "hooks", "said"].map((name) => join(work, name));
test.before(() => {
  for (const path of [tree, out, hooks]) mkdirSync(path ?? "");
  writeFileSync(join(tree ?? "", "file"), "content");
});
test.before.each(() => rmSync(said ?? "", { force: true }));
test.after(() => {
  rmSync(work, { recursive: true, force: true });
  rmSync(`/var/lib/mondo/sets/hooked@${encodeURIComponent(tree ?? "")}`, { recursive: true, force: true });
});

function put(name: string, script: string): void {
  const path = join(hooks ?? "", name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

const archive = (...words: string[]) =>
  inPrivateMounts(
    `mount -t tmpfs none /run; mount -t tmpfs none /var/log; exec ${executable} archive -1 -p hooked -d ${out} --root ${tree} --hooks ${hooks} ${words.join(" ")}`,
  );
const lines = () =>
  existsSync(said ?? "")
    ? readFileSync(said ?? "", "utf8")
        .trim()
        .split("\n")
    : [];

test("hooks are called before and after with what was made, and their words are reported", () => {
  put("50-tell", `echo "$1 $MONDO_PREFIX $MONDO_LEVEL $MONDO_STATUS $MONDO_PLACES" >>${said}; echo hello from "$1"`);
  const { status, out: text, err } = archive();
  assert.is(status, 0, err);
  assert.equal(lines(), ["before-backup hooked 0  ", `after-backup hooked 0 0 ${out}/hooked-1.iso`]);
  assert.match(text, /^ {2}50-tell: hello from before-backup$/m);
});

test("a hook that fails ends the backup before it begins; failed is told why", () => {
  const before = readdirSync(out ?? "");
  rmSync(join(out ?? "", "hooked-1.iso"));
  put("50-tell", `echo "$1 $MONDO_ERROR" >>${said}; [ "$1" != before-backup ]`);
  const { status, err } = archive();
  assert.is(status, 1, err);
  assert.match(err, /^mondo: the hook .*50-tell ended with status 1 at before-backup\n {2}What it said is above/);
  assert.equal(lines(), ["before-backup ", `failed the hook ${hooks}/50-tell ended with status 1 at before-backup`]);
  assert.equal(readdirSync(out ?? ""), []);
  assert.is(before.length, 1);
});

test("a hook that ends with status 3 is a warning, and so is the backup", () => {
  put("50-tell", `[ "$1" != after-backup ] || exit 3`);
  const { status, out: text } = archive();
  assert.is(status, 3);
  assert.match(text, /^warning: the hook .*50-tell ended with status 3 at after-backup$/m);
  assert.equal(readdirSync(out ?? ""), ["hooked-1.iso"]);
});

test("hooks of a restore lie on the medium, and verify finds what was changed of them", () => {
  put("50-tell", "# mondo-moments: before-backup after-files\necho restored");
  put("60-other", "exit 0");
  const { status, err } = archive("--layout directory");
  assert.is(status, 0, err);
  const [set = ""] = call(["find", out ?? "", "-name", "mondo", "-type", "d"])
    .out.trim()
    .split("\n");
  const brought = readdirSync(set).filter((name) => name.startsWith("hook-"));
  assert.equal(brought, ["hook-50-tell"]);
  assert.is(mondo("verify", set).status, 0);
  const file = join(set, "hook-50-tell");
  writeFileSync(file, readFileSync(file, "utf8").replace("restored", "RESTORED"));
  const changed = mondo("verify", set);
  assert.is(changed.status, 1);
  assert.match(changed.out + changed.err, /hook-50-tell/);
});

test("hooks that others could change are refused before anything is run", () => {
  put("50-tell", `echo "$1" >>${said}`);
  chmodSync(join(hooks ?? "", "50-tell"), 0o757);
  const { status, err } = archive();
  assert.is(status, 10);
  assert.match(err, /others than root can change .*50-tell, and it is used as root\n {2}Take that away/);
  assert.equal(lines(), []);
});

test.run();
