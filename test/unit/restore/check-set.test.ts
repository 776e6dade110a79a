import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { extractArchive } from "../../../src/archive/extract/extract-archive.ts";
import { writeArchive } from "../../../src/archive/save/write-archive.ts";
import type { Manifest } from "../../../src/archive/set/manifest.ts";
import type { MediumPass } from "../../../src/archive/set/media-passes.ts";
import { MondoError } from "../../../src/base/errors.ts";
import { type Reporter, silentReporter } from "../../../src/base/report.ts";
import { linuxHost } from "../../../src/host/linux.ts";
import { checkSet, mediumProvider, stoppedAt, whenToRead } from "../../../src/restore/check-set.ts";
import type { RestoreContext } from "../../../src/restore/context.ts";
import { agreeToDamage } from "../../../src/restore/damaged-set.ts";

const test = suite("a restore from several media");
const base = mkdtempSync(join(tmpdir(), "mondo-check-"));
/** One directory a disc; "2-bad" is a copy of disc 2 with a flipped bit. */
const disc = (name: string | number) => join(base, `disc-${name}`);
let manifest: Manifest;
test.after(() => rmSync(base, { recursive: true, force: true }));

test.before(async () => {
  const [tree, set] = [join(base, "tree"), join(base, "set")];
  for (const path of [tree, set, ...[1, 2, 3, "2-bad"].map(disc)]) mkdirSync(path);
  for (let i = 10; i < 40; i++)
    writeFileSync(join(tree, `${i}`), Buffer.concat(Array.from({ length: 8 }, () => noise())));
  const scope = { include: ["/"], exclude: [], mounts: ["/"] };
  const request = { root: tree, scope, directory: set, level: 1, threads: 0, volumeBytes: 5 << 20 };
  const { problems: _, ...written } = await writeArchive(request, silentReporter);
  assert.ok(written.volumes.length >= 3);
  const volumes = written.volumes.map((volume, index) => ({ ...volume, medium: Math.min(3, index + 1) }));
  for (const { name, medium } of volumes) copyFileSync(join(set, name), join(disc(medium), name));
  const [, second] = volumes;
  const bytes = readFileSync(join(set, second?.name ?? ""));
  bytes[1000] = (bytes[1000] ?? 0) ^ 1;
  writeFileSync(join(disc("2-bad"), second?.name ?? ""), bytes);
  copyFileSync(join(set, written.catalog.name), join(base, written.catalog.name));
  manifest = {
    ...{ format: "mondo-set", version: 1, set: crypto.randomUUID(), created: 1, prefix: "p" },
    tool: { version: "1", commit: "c" },
    host: { name: "web1", os: "o", kernel: "k", arch: "a" },
    layout: { version: 1, nodes: [] },
    ...written,
    volumes,
    media: { number: 1, of: 3 },
    problems: [],
    options: { restoreByDefault: false, eject: true, excluded: [] },
  };
});

const noise = () => crypto.getRandomValues(new Uint8Array(65_536));

interface Story {
  /** Discs in drives: found without a person. */
  readonly atHand: readonly number[];
  /** What the person puts in when asked, by turns; "" goes on without, "stop" gives up. */
  readonly puts?: readonly (number | string)[];
  /** Answers to menus and questions, in turn. */
  readonly answers?: readonly (string | boolean)[];
  /** False: images on a share. */
  readonly isChanged?: boolean;
}

/** A context with one drive for what the person puts in, and what was said and done. */
function act({ atHand, puts = [], answers = [], isChanged = true }: Story) {
  const log: string[] = [];
  const [puttingIn, answering] = [[...puts], [...answers]];
  let inDrive: number | string = atHand[0] ?? "";
  const describe = ({ medium }: MediumPass) => `medium ${medium} of 3`;
  const answer = (text: string) => {
    const next = answering.shift();
    log.push(`asked: ${text} -> ${next}`);
    if (next === undefined) throw new Error(`unexpected question: ${text}`);
    if (next === "^C") throw new MondoError("cancelled", "^C");
    return next;
  };
  const say = (kind: string) => (text: string) => void log.push(`${kind}: ${text}`);
  const reporter: Reporter = { ...silentReporter, step: say("step"), info: say("info"), warn: say("warn") };
  const context = {
    host: linuxHost(),
    reporter,
    manifest,
    setDirectory: "/nowhere",
    locate: (name: string) => {
      const isCatalog = name === manifest.catalog.name;
      const path = isCatalog ? join(base, name) : join(disc(inDrive), name);
      const stat = linuxHost().stat(path);
      return stat && { path, offset: 0, sizeBytes: stat.sizeBytes };
    },
    checkedMedia: new Set<string>(),
    media: {
      isChanged,
      describe,
      async reach({ medium }: MediumPass) {
        if (atHand.includes(medium)) inDrive = medium;
        return inDrive === medium;
      },
      async ask(pass: MediumPass, another: boolean) {
        const put = puttingIn.shift();
        log.push(`needed: ${describe(pass)}${another ? ", another copy" : ""} -> ${put}`);
        if (put === "stop") throw stoppedAt(describe(pass));
        inDrive = put ?? "";
        return put !== undefined && put !== "";
      },
    },
    ask: {
      menu: async (text: string) => String(answer(text)),
      confirm: async (text: string) => answer(text) === true,
      line: async (text: string) => String(answer(text)),
    },
  } satisfies Partial<RestoreContext>;
  return { context: context as unknown as RestoreContext, log };
}

async function restore({ context }: ReturnType<typeof act>) {
  const target = mkdtempSync(join(base, "target-"));
  const { locate, setDirectory } = context;
  const needMedium = mediumProvider(context);
  const files = { directory: setDirectory, manifest, target, threads: 0 };
  const tools = { ...(locate ? { locate } : {}), ...(needMedium ? { needMedium } : {}) };
  return await extractArchive({ ...files, ...tools }, silentReporter);
}

const needed = (log: readonly string[]) => log.filter((line) => line.startsWith("needed"));

test("checkSet() with all discs in drives reads them all and asks nothing; nor does the restore", async () => {
  const story = act({ atHand: [1, 2, 3] });
  assert.is(await checkSet(story.context, "ask", "before"), "The backup is intact.");
  assert.equal([...story.context.checkedMedia], ["/1", "/2", "/3"]);
  assert.equal((await restore(story)).problems, []);
  assert.equal(needed(story.log), []);
});

test("checkSet() of a nuke checks what is at hand and says that the rest is checked when it comes; then it is", async () => {
  const story = act({ atHand: [1], puts: [2, 3] });
  assert.is(
    await checkSet(story.context, "later", "before"),
    "What is here is intact; you will be asked for medium 2 of 3, medium 3 of 3.",
  );
  assert.equal([...story.context.checkedMedia], ["/1"]);
  assert.ok(story.log.includes("info: Not here: medium 2 of 3, medium 3 of 3"));
  assert.equal(needed(story.log), []);
  assert.equal((await restore(story)).problems, []);
  assert.equal(needed(story.log), ["needed: medium 2 of 3 -> 2", "needed: medium 3 of 3 -> 3"]);
  assert.ok(story.log.includes("step: Checking medium 2 of 3 before it is used"));
});

test("checkSet() refuses a set of which a share lacks an image, by name, before anything is touched", async () => {
  const story = act({ atHand: [1, 3], isChanged: false });
  const error = await checkSet(story.context, "later", "before").catch((caught) => caught);
  assert.is(error.code, "not-found");
  assert.is(error.message, "medium 2 of 3 can't be found next to the rest of the backup");
});

test("checkSet() with a person offers to check all discs first, and does", async () => {
  const story = act({ atHand: [1], puts: [2, 3, 2, 3], answers: [true] });
  assert.is(await checkSet(story.context, "ask", "before"), "The backup is intact.");
  assert.equal(needed(story.log).length, 2);
  assert.equal((await restore(story)).problems, []);
  assert.not.ok(
    story.log.some((line) => line.includes("before it is used")),
    "nothing is read twice",
  );
});

test("checkSet() names a damaged disc before anything is touched", async () => {
  const story = act({ atHand: [1], puts: ["2-bad"], answers: [true, false] });
  const error = await checkSet(story.context, "ask", "before").catch((caught) => caught);
  assert.is(error.code, "damaged");
  assert.match(error.message, /disc-2-bad\/volume-0002\.tar\.zst does not have the checksum/);
});

test("a damaged disc in mid-restore is refused by name; another copy of it goes on where it stopped", async () => {
  const story = act({ atHand: [1], puts: ["2-bad", 2, 3], answers: ["^C", "another"] });
  await checkSet(story.context, "later", "before");
  assert.equal((await restore(story)).problems, []);
  const [first, second] = needed(story.log);
  assert.equal([first, second], ["needed: medium 2 of 3 -> 2-bad", "needed: medium 2 of 3, another copy -> 2"]);
  assert.ok(
    story.log.some((line) => /^warn: .*disc-2-bad\/volume-0002\.tar\.zst does not have the checksum/.test(line)),
  );
});

test("a damaged disc that is used as it is costs the files in the damaged frame, by name", async () => {
  const story = act({ atHand: [1], puts: ["2-bad", 3], answers: ["use"] });
  await checkSet(story.context, "later", "before");
  const { problems, entries } = await restore(story);
  assert.ok(problems.length > 0 && problems.length < 12, `${problems.length}`);
  assert.is(entries, manifest.entries - problems.length);
  assert.ok(problems.every(({ reason }) => /the frame at byte \d+ of .*disc-2-bad/.test(reason)));
});

test("without a disc all that is on the others is restored, and what is lost is named", async () => {
  const story = act({ atHand: [1], puts: ["", 3] });
  await checkSet(story.context, "later", "before");
  const { problems, entries } = await restore(story);
  assert.ok(problems.length > 0);
  assert.is(entries, manifest.entries - problems.length);
  assert.ok(problems.every(({ reason }) => reason === "it lies on medium 2, which is missing"));
  assert.ok(story.log.includes("warn: Continuing without medium 2 of 3: what is on it is lost, and listed at the end"));
});

test("a person who stops at a disc ends the restore with one sentence", async () => {
  const story = act({ atHand: [1], puts: [2, "stop"] });
  await checkSet(story.context, "later", "before");
  const error = await restore(story).catch((caught) => caught);
  assert.is(error.code, "cancelled");
  assert.is(error.message, "the restore was stopped when medium 3 of 3 was needed");
});

/** The whole set in one place, with a flipped bit; `more` of the context. */
function damagedSet(answers: readonly boolean[], more: Partial<RestoreContext> = {}) {
  const story = act({ atHand: [], answers });
  const { media: _, ...rest } = story.context;
  const paths = new Map(manifest.volumes.map(({ name, medium = 1 }) => [name, disc(medium === 2 ? "2-bad" : medium)]));
  const locate = (name: string) => {
    const path = join(paths.get(name) ?? base, name);
    return { path, offset: 0, sizeBytes: linuxHost().stat(path)?.sizeBytes ?? 0 };
  };
  return { ...story, context: { ...rest, locate, ...more } as RestoreContext };
}

test("one flipped bit: nobody there, and the refusal names the files that it costs and how to go on", async () => {
  const story = damagedSet([]);
  const error = await checkSet(story.context, "later", "before").catch((caught) => caught);
  assert.is(error.code, "damaged");
  assert.match(
    error.message,
    /volume-0002\.tar\.zst does not have the checksum .*; \d+ files in it can't be restored: \/\d\d, /,
  );
  assert.match(error.hint, /mondo\.without-damaged.*"withoutDamaged": true.*mondo verify SET --salvage/);
});

test("one flipped bit: a note that the backup was whole goes, before anything is touched", async () => {
  const note = join(disc("2-bad"), "verified.json");
  const files = [{ name: "volume", sizeBytes: 1, changed: "1.0" }];
  const about = { set: manifest.set, contents: "", verified: 1, files };
  writeFileSync(note, JSON.stringify({ format: "mondo-verified", version: 1, ...about }));
  const error = await checkSet(damagedSet([]).context, "later", "before").catch((caught) => caught);
  assert.is(error.code, "damaged");
  assert.not.ok(linuxHost().exists(note));
});

test("one flipped bit: a person may go on, and what is whole is restored", async () => {
  const story = damagedSet([true]);
  const outcome = await checkSet(story.context, "ask", "before");
  const hit = story.log.filter((line) => line.startsWith("warn: Damaged: ")).map((line) => line.slice(15));
  assert.is(outcome, `${hit.length} files can't be restored; the rest is intact.`);
  assert.ok(hit.length > 0 && hit.length < 12, `${hit.length}`);
  const { problems, entries } = await restore(story);
  assert.equal(problems.map(({ path }) => path).sort(), hit.sort());
  assert.is(entries, manifest.entries - hit.length);
});

test("one flipped bit: answers or a boot word may go on", async () => {
  const story = damagedSet([], { withoutDamaged: true });
  assert.match(await checkSet(story.context, "later", "before"), /^\d+ files can't be restored; the rest is intact\.$/);
  assert.ok((await restore(story)).problems.length > 0);
});

test("a catalog that is damaged can't be done without", async () => {
  const story = damagedSet([], { withoutDamaged: true });
  const catalog = { ...manifest.catalog, sha256: "0".repeat(64) };
  const error = await checkSet({ ...story.context, manifest: { ...manifest, catalog } }, "later", "before").catch(
    (e) => e,
  );
  assert.match(error.message, /catalog\.mcat\.zst does not have the checksum/);
  assert.match(error.hint, /mondo verify SET --salvage/);
});

test("a manifest that is not what was written is asked about, or refused", async () => {
  const state = { flaws: ["m is not what was written"], hasDigest: true };
  const whole = (context: RestoreContext): RestoreContext => ({
    ...context,
    manifest: { ...manifest, volumes: [], state },
  });
  const error = await checkSet(whole(damagedSet([]).context), "later", "before").catch((caught) => caught);
  assert.is(error.message, "m is not what was written");
  const asked = damagedSet([true]);
  assert.match(await checkSet(whole(asked.context), "ask", "before"), /^The backup differs from what was written/);
  assert.ok(asked.log.some((line) => line.startsWith("asked: The backup differs from what was written. Go on")));
});

test("whenToRead() reads once where nothing can be lost, unless discs are changed or somebody says otherwise", () => {
  const reporter = silentReporter;
  const discs = act({ atHand: [1] }).context;
  const share = act({ atHand: [1], isChanged: false }).context;
  assert.is(whenToRead({ reporter }, true), "during");
  assert.is(whenToRead({ reporter }, false), "before");
  assert.is(whenToRead(share, true), "during");
  assert.is(whenToRead(discs, true), "before");
  assert.is(whenToRead({ reporter, check: "before" }, true), "before");
  assert.is(whenToRead({ ...discs, check: "during" }, false), "during");
});

test("whenToRead() goes by a note of an earlier reading when told to, and says what that means", () => {
  const said: string[] = [];
  const reporter: Reporter = {
    ...{
      ...silentReporter,
      info: (text: string) => void said.push(text),
      warn: (text: string) => void said.push(text),
    },
  };
  const whole = { reporter, lastReading: () => ({ at: 1_764_459_300 }) };
  assert.is(whenToRead(whole, false), "before", "nobody asked for it");
  assert.equal(said, []);
  assert.is(whenToRead({ ...whole, check: "recent" }, false), "during");
  assert.match(
    said.pop() ?? "",
    /^mondo\.check=recent: the backup was whole on 2025-11-29 23:35 UTC, and is not read again/,
  );
  assert.is(whenToRead({ reporter, check: "recent", lastReading: () => ({ why: "it was changed" }) }, false), "before");
  assert.match(said.pop() ?? "", /all of the backup is read before anything is written; it was changed$/);
  assert.is(whenToRead({ reporter, check: "recent" }, false), "before");
  assert.match(said.pop() ?? "", /there is no note of an earlier reading$/);
  assert.is(whenToRead({ reporter, check: "recent" }, true), "during", "nothing can be lost");
  assert.equal(said, []);
  assert.is(whenToRead({ ...whole, trusted: [], check: "recent" }, false), "before");
  assert.match(said.pop() ?? "", /ignored, because this backup must be signed$/);
});

const DURING = "All of the backup is here; it is checked while it is restored.";

test("read once: a flipped bit shows while files are made, and costs just those that it hits", async () => {
  const before = damagedSet([], { withoutDamaged: true });
  await checkSet(before.context, "later", "before");
  const hit = before.log.filter((line) => line.startsWith("warn: Damaged: ")).map((line) => line.slice(15));
  const story = damagedSet([]);
  assert.is(await checkSet(story.context, "later", "during"), DURING);
  const { problems, entries, damagedFiles } = await restore(story);
  assert.equal(problems.map(({ path }) => path).sort(), hit.sort());
  assert.is(damagedFiles, hit.length);
  assert.is(entries, manifest.entries - hit.length);
});

test("read once: a volume that is missing or too short, and a damaged catalog, are still told before", async () => {
  const [, second] = manifest.volumes;
  const refused = async (context: RestoreContext) =>
    String((await checkSet(context, "later", "during").catch((caught) => caught)).message);
  const { context } = damagedSet([]);
  const only = (name: string, sizeBytes: number | undefined): RestoreContext => ({
    ...context,
    locate: (wanted) => {
      const span = context.locate?.(wanted);
      return wanted !== name || !span ? span : sizeBytes === undefined ? undefined : { ...span, sizeBytes };
    },
  });
  assert.match(await refused(only(second?.name ?? "", undefined)), /volume-0002\.tar\.zst is missing; \d+ files in it/);
  assert.match(
    await refused(only(second?.name ?? "", 5000)),
    /volume-0002\.tar\.zst is 5000 bytes long instead of \d+;/,
  );
  const end = join(base, "cut-off");
  writeFileSync(end, "short");
  const cut: RestoreContext["locate"] = (wanted) => {
    const span = context.locate?.(wanted);
    return wanted === second?.name && span ? { ...span, path: end } : span;
  };
  assert.match(
    await refused({ ...context, locate: cut }),
    /volume-0002\.tar\.zst ends before its last byte; \d+ files/,
  );
  const catalog = { ...manifest.catalog, sha256: "0".repeat(64) };
  assert.match(
    await refused({ ...context, manifest: { ...manifest, catalog } }),
    /catalog\.mcat\.zst does not have the checksum/,
  );
});

test("read once from images on a share: one that is missing is refused by name, and none is read twice", async () => {
  const missing = act({ atHand: [1, 2], isChanged: false });
  const error = await checkSet(missing.context, "later", "during").catch((caught) => caught);
  assert.is(error.code, "not-found");
  assert.match(error.message, /medium 3 of 3/);
  const story = act({ atHand: [1, 2, 3], isChanged: false });
  assert.is(await checkSet(story.context, "later", "during"), DURING);
  assert.is((await restore(story)).problems.length, 0);
  assert.equal(
    story.log.filter((line) => /Checking medium/.test(line)),
    [],
  );
});

test("a person who wants discs read once gets no check of each, but what is damaged is told", async () => {
  const story = act({ atHand: [1], puts: ["2-bad", 3] });
  const context = { ...story.context, check: "during" as const };
  const outcome = "What is here is checked while it is restored; you will be asked for medium 2 of 3, medium 3 of 3.";
  assert.is(await checkSet(context, "ask", "during"), outcome);
  const { damagedFiles } = await restore({ ...story, context });
  assert.ok(damagedFiles > 0);
  assert.equal(needed(story.log), ["needed: medium 2 of 3 -> 2-bad", "needed: medium 3 of 3 -> 3"]);
});

test("checkSet() of a set that no trusted key has signed asks a person, and refuses without one", async () => {
  const trusted = [{ bytes: new Uint8Array(32), line: "ssh-ed25519 AAAA" }];
  const nuke = act({ atHand: [1, 2, 3] });
  const refused = await checkSet({ ...nuke.context, trusted }, "later", "before").catch((error) => error);
  assert.instance(refused, MondoError);
  assert.is(refused.code, "refused");
  assert.match(refused.message, /\(web1, set .*\) is not signed$/);
  const no = act({ atHand: [1, 2, 3], answers: [false] });
  assert.is((await checkSet({ ...no.context, trusted }, "ask", "before").catch((error) => error)).code, "refused");
  const yes = act({ atHand: [1, 2, 3], answers: [true] });
  assert.is(await checkSet({ ...yes.context, trusted }, "ask", "before"), "The backup is intact.");
});

test("what differs from what was signed is used when a person says so, not for a boot word", async () => {
  const trusted = [{ bytes: new Uint8Array(32), line: "ssh-ed25519 AAAA" }];
  const alone = damagedSet([], { withoutDamaged: true, trusted });
  const volume = manifest.volumes[1] ?? manifest.catalog;
  const found = [{ file: volume, error: new MondoError("damaged", "it is another") }];
  const error = await agreeToDamage(alone.context, found, [], "later").catch((caught) => caught);
  assert.is(error.code, "damaged");
  assert.match(error.message, /^it is another; \d+ files in it can't be restored/);
  assert.match(error.hint, /^Nothing was written\. .*choose interactive\.$/);
  const asked = damagedSet([true], { withoutDamaged: true, trusted });
  assert.match(await agreeToDamage(asked.context, found, [], "ask"), /can't be restored; the rest is intact\.$/);
});

test("whenToRead() of a set that must be signed is before, whatever the disks hold", () => {
  assert.is(whenToRead({ reporter: silentReporter, trusted: [], check: "during" }, true), "before");
});

test.run();
