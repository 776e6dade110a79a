import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { extractArchive } from "../../../../src/archive/extract/extract-archive.ts";
import type { ExtractRequest } from "../../../../src/archive/extract/extract-request.ts";
import type { OpenSet } from "../../../../src/archive/set/open-set.ts";
import type { Reporter } from "../../../../src/base/report.ts";
import { silentReporter } from "../../../../src/base/report.ts";
import { shell } from "../odd-tree.ts";
import { saveSet } from "../saved-set.ts";

const test = suite<{ work: string; set: OpenSet }>("files that are not complete");
const LARGE_BYTES = 21_000_000;

test.before.each(async (context) => {
  context.work = mkdtempSync(join(tmpdir(), "mondo-unfinished-"));
  shell(
    context.work,
    `mkdir -p tree/sub target; head -c ${LARGE_BYTES} /dev/urandom > tree/sub/large; printf small > tree/small
    printf linked > tree/first; ln tree/first tree/second; truncate -s 1M tree/sparse; printf x >> tree/sparse
    : > tree/${"n".repeat(255)}; ln -s small tree/link; chmod 0 tree/small`,
  );
  context.set = await saveSet(join(context.work, "tree"), join(context.work, "set"), { threads: 0 });
});
test.after.each(({ work }) => rmSync(work, { recursive: true, force: true }));

async function extract(
  { work, set }: { readonly work: string; readonly set: OpenSet },
  more: Partial<ExtractRequest> = {},
  reporter: Reporter = silentReporter,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const { directory, manifest } = set;
  const request = { directory, manifest, target: join(work, "target"), threads: 0, hideUnfinished: true, ...more };
  const { problems } = await extractArchive(request, reporter, signal);
  return problems.map(({ path, reason }) => `${path}: ${reason}`);
}

const names = (directory: string) => (readdirSync(directory, { recursive: true }) as string[]).sort();
const same = (work: string) =>
  shell(work, "diff -r --no-dereference tree target && stat -c '%n %a %h' target/small target/first");

/** Calls a function whenever a task is done. */
const watching = (look: () => void): Reporter => ({ ...silentReporter, progress: look });

test("a file has its name only when it is complete, and then all is as it was", async (context) => {
  const large = join(context.work, "target/sub/large");
  let looks = 0;
  const look = () => {
    if (existsSync(large)) assert.is(statSync(large).size, LARGE_BYTES);
    else looks++;
    // Its metadata is set before it has its name.
    if (existsSync(large)) assert.is(statSync(large).mtimeMs, statSync(join(context.work, "tree/sub/large")).mtimeMs);
  };
  assert.equal(await extract(context, {}, watching(look)), []);
  assert.ok(looks > 2, "it was looked at while it was filled");
  assert.is(same(context.work), "target/small 0 1\ntarget/first 644 2\n");
});

test("an extraction that is interrupted leaves no file that is not complete", async (context) => {
  const abort = new AbortController();
  let tasks = 0;
  const reporter = watching(() => {
    tasks++;
    if (tasks === 3) abort.abort();
  });
  const error = await extract(context, {}, reporter, abort.signal).catch((reason: unknown) => reason);
  assert.is((error as { code?: string }).code, "cancelled");
  const left = names(join(context.work, "target"));
  assert.not.ok(
    left.some((name) => name.includes("large") || name.includes("unfinished")),
    left.join(),
  );
});

test("what it replaces stays until the new file is complete", async (context) => {
  const large = join(context.work, "target/sub/large");
  mkdirSync(join(context.work, "target/sub"));
  writeFileSync(large, "old");
  const look = () => {
    const content = readFileSync(large);
    assert.ok(content.length === LARGE_BYTES || content.toString() === "old");
  };
  assert.equal(await extract(context, {}, watching(look)), []);
  same(context.work);
});

test("a large file of which a piece is damaged replaces nothing, and a chosen one is not made", async (context) => {
  const { work, set } = context;
  const volume = join(set.directory, set.manifest.volumes[0]?.name ?? "");
  const bytes = readFileSync(volume);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  writeFileSync(volume, bytes);
  const large = join(work, "target/sub/large");
  const isTold = (problems: readonly string[], pattern: RegExp) =>
    assert.ok(problems.some((problem) => problem.startsWith("/sub/large: ") && pattern.test(problem)));
  mkdirSync(join(work, "target/sub"));
  for (const more of [{}, { select: () => true }]) {
    writeFileSync(large, "good");
    isTold(await extract(context, more), /not made, because a part of it is missing/);
    assert.is(readFileSync(large, "utf8"), "good");
  }
  rmSync(large);
  isTold(await extract(context, { select: () => true }), /not made/);
  assert.not.ok(existsSync(large));
  // Of a whole set as much as there is.
  isTold(await extract(context), /a part of it: /);
  assert.is(statSync(large).size, LARGE_BYTES);
  assert.not.ok(names(join(work, "target")).some((name) => name.includes("unfinished")));
});

for (const overwrite of ["never", "older"] as const) {
  test(`what appears while a large file is filled stays: ${overwrite}`, async (context) => {
    const large = join(context.work, "target/sub/large");
    const look = () => {
      if (!existsSync(large)) writeFileSync(large, "mine");
    };
    const problems = await extract(context, { overwrite }, watching(look));
    assert.equal(problems, ["/sub/large: it exists already and was left as it is"]);
    assert.is(readFileSync(large, "utf8"), "mine");
    assert.not.ok(names(join(context.work, "target")).some((name) => name.includes("unfinished")));
  });
}

test("what was left by a killed extraction, a directory and an immutable file are replaced", async (context) => {
  const { work } = context;
  const unfinished: string[] = [];
  const look = () => {
    unfinished.push(...names(join(work, "target")).filter((name) => name.includes("unfinished")));
  };
  await extract(context, {}, watching(look));
  const [left] = unfinished;
  assert.match(left ?? "", /^sub\/\.mondo-unfinished-[0-9a-f]{16}$/);
  shell(work, `rm -r target; mkdir -p target/sub target/small; printf cut > target/${left}`);
  assert.equal(await extract(context), []);
  same(work);
});

test("what exists is kept, whatever it is, and is not even read for", async (context) => {
  const { work } = context;
  shell(work, "mkdir -p target/small target/sub; ln -s nowhere target/sub/large; printf mine > target/first");
  const problems = await extract(context, { overwrite: "never" });
  const kept = ["/first", "/small", "/sub/large"].map((path) => `${path}: it exists already and was left as it is`);
  assert.equal([...problems].sort(), [...kept, "/second: its first link /first was not made"].sort());
  assert.is(readFileSync(join(work, "target/first"), "utf8"), "mine");
  assert.not.ok(names(join(work, "target")).some((name) => name.includes("unfinished")));
});

test("a hard link gets its name when a file with its content has the first one already", async (context) => {
  const { work } = context;
  assert.equal(await extract(context), []);
  shell(work, "rm target/second target/sub/large; ln tree/sub/large tree/sub/larger");
  const again = await extract(context, { overwrite: "never" });
  assert.equal(
    again.filter((problem) => problem.includes("/second")),
    [],
  );
  shell(work, "test target/first -ef target/second");
});

/** Links lead into `other`, which is a file system of its own in the target: no link can be made there. */
async function extractOverMount(hideUnfinished: boolean): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), "mondo-copies-"));
  try {
    shell(
      work,
      `mkdir -p tree/other target/other; truncate -s 9M tree/first; printf end >> tree/first; chmod 4751 tree/first
      setfattr -n user.a -v b tree/first; touch -d @1000000000.5 tree/first; ln tree/first tree/fourth
      ln tree/first tree/other/second; ln tree/first tree/other/third; mkfifo tree/a-pipe; ln tree/a-pipe tree/other/pipe
      mount -t tmpfs t target/other`,
    );
    const set = await saveSet(join(work, "tree"), join(work, "set"), { threads: 0 });
    const problems = await extract({ work, set }, { hideUnfinished });
    const reason = "no further name could be made of it (other file system)";
    assert.equal([...problems].sort(), [
      "/other/pipe: its first link /a-pipe: other file system",
      `/other/second: it is a copy of /first: ${reason}`,
    ]);
    shell(
      work,
      `cd target; cmp first other/second; test other/second -ef other/third; test first -ef fourth
      [ "$(stat -c %a.%Y.%u other/second)" = "$(stat -c %a.%Y.%u first)" ]; [ $(stat -c %b other/second) -lt 100 ]
      getfattr -n user.a other/second > /dev/null; [ "$(ls -A other)" = "$(printf 'second\nthird')" ]`,
    );
  } finally {
    Bun.spawnSync(["umount", join(work, "target/other")]);
    rmSync(work, { recursive: true, force: true });
  }
}

test("a further name that the file system does not take is a copy, to which the next ones are linked", async () => {
  await extractOverMount(true);
  await extractOverMount(false);
});

/** Extracts until it is killed. */
const child = (work: string, set: OpenSet) => `
const { extractArchive } = await import("${join(import.meta.dirname, "../../../../src/archive/extract/extract-archive.ts")}");
const { silentReporter } = await import("${join(import.meta.dirname, "../../../../src/base/report.ts")}");
let tasks = 0;
const reporter = { ...silentReporter, progress: () => { if (++tasks === 3) process.kill(process.pid, "SIGKILL"); } };
const manifest = ${JSON.stringify({ ...set.manifest })};
await extractArchive({ directory: "${set.directory}", manifest, target: "${work}/target", threads: 0, hideUnfinished: true }, reporter);`;

test("an extraction that is killed leaves nothing cut short, and the next one takes all its traces away", async (context) => {
  const { work, set } = context;
  const killed = Bun.spawnSync([process.execPath, "-e", child(work, set)]);
  assert.is(killed.signalCode, "SIGKILL");
  const cut = shell(
    work,
    'cd target; find . -type f ! -name \'.mondo-unfinished-*\' | while read -r f; do cmp -s "$f" "../tree/$f" || echo "$f"; done',
  );
  assert.is(cut, "");
  assert.ok(names(join(work, "target")).some((name) => name.includes("unfinished")));
  assert.equal(await extract(context), []);
  assert.is(shell(work, "diff -r --no-dereference tree target"), "");
});

test.run();
