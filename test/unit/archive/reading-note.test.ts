import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type OpenSet, openSet } from "../../../src/archive/set/open-set.ts";
import {
  beginNotedReading,
  droppingNotes,
  lastReading,
  noteDown,
  requireNotable,
} from "../../../src/archive/verify/reading-note.ts";
import { removeHere } from "../../../src/backup/retention/prune-sets.ts";
import { verifyIso } from "../../../src/backup/verify-iso.ts";
import { MondoError, messageOf } from "../../../src/base/errors.ts";
import { silentReporter } from "../../../src/base/report.ts";
import { parseWords } from "../../../src/commands/parse.ts";
import { verifyCommand } from "../../../src/commands/verify-command.ts";
import { withStreamedSet } from "../../../src/commands/with-streamed-set.ts";
import { linuxHost } from "../../../src/host/linux.ts";
import { saveSet } from "./saved-set.ts";

const test = suite("a note that a set was read through");
const base = mkdtempSync(join(tmpdir(), "mondo-noted-"));
const DAY_MS = 86_400_000;
let set: OpenSet;
test.after(() => rmSync(base, { recursive: true, force: true }));

const host = linuxHost();
/** So many days later. */
const later = (days: number) => ({ ...host, nowMs: () => host.nowMs() + days * DAY_MS }) as typeof host;
const whyOf = (reading: ReturnType<typeof lastReading>) => ("why" in reading ? reading.why : `at ${reading.at}`);

test.before(async () => {
  writeFileSync(join(base, "file"), "content");
  await saveSet(base, join(base, "set"), { threads: 0 });
});
test.before.each(() => {
  set = openSet(host, join(base, "set"));
});

test("counts for seven days, for the files that were read", () => {
  assert.match(whyOf(lastReading(host, set)), /set\/verified\.json is missing or can't be read$/);
  const began = Math.floor(host.nowMs() / 1000);
  assert.is(beginNotedReading(host, set).wentWell(), join(base, "set/verified.json"));
  const reading = lastReading(later(6.9), set);
  assert.ok("at" in reading && reading.at >= began && reading.at <= began + 5, whyOf(reading));
  assert.match(whyOf(lastReading(later(7.1), set)), /^it was read through on .* UTC, not within the last 7 days$/);
  // A clock that has lost the time must not make an old note young.
  assert.match(whyOf(lastReading(later(-300), set)), /not within the last 7 days$/);
});

test("does not count for a copy of the files, not even one with their times", () => {
  beginNotedReading(host, set).wentWell();
  cpSync(join(base, "set"), join(base, "copy"), { recursive: true, preserveTimestamps: true });
  assert.match(
    whyOf(lastReading(host, openSet(host, join(base, "copy")))),
    /^its files were changed or copied after they were read through \(.* UTC\)$/,
  );
});

test("does not count once a file was written to, though its length and time are put back", () => {
  beginNotedReading(host, set).wentWell();
  const path = join(base, "set", set.manifest.volumes[0]?.name ?? "");
  const [bytes, stat] = [readFileSync(path), host.stat(path)];
  writeFileSync(path, bytes);
  utimesSync(path, new Date((stat?.mtimeMs ?? 0) as number), new Date((stat?.mtimeMs ?? 0) as number));
  assert.match(whyOf(lastReading(host, set)), /^its files were changed or copied/);
});

test("does not count for another backup, nor when it is broken or a link", () => {
  const place = beginNotedReading(host, set).wentWell();
  const other = { ...set, manifest: { ...set.manifest, set: crypto.randomUUID() } };
  assert.match(whyOf(lastReading(host, other)), /verified\.json is about another backup$/);
  const changed = { ...set.manifest.catalog, sha256: "0".repeat(64) };
  assert.match(
    whyOf(lastReading(host, { ...set, manifest: { ...set.manifest, catalog: changed } })),
    /another backup$/,
  );
  const text = readFileSync(place, "utf8");
  for (const broken of ["", "{", "null", text.replace('"version":1', '"version":2')]) {
    writeFileSync(place, broken);
    assert.match(whyOf(lastReading(host, set)), /is missing or can't be read$/, broken);
  }
  rmSync(place);
  writeFileSync(join(base, "elsewhere"), text);
  symlinkSync(join(base, "elsewhere"), place);
  assert.match(whyOf(lastReading(host, set)), /is missing or can't be read$/);
  rmSync(place);
});

test("is not left where files were changed while they were read", () => {
  const reading = beginNotedReading(host, set);
  const path = join(base, "set", set.manifest.volumes[0]?.name ?? "");
  writeFileSync(path, readFileSync(path));
  assert.throws(() => reading.wentWell(), /were changed while they were read$/);
  assert.not.ok(host.exists(join(base, "set/verified.json")));
});

test("goes when another reading begins: one that does not end has read nothing", () => {
  const place = beginNotedReading(host, set).wentWell();
  beginNotedReading(host, set);
  assert.not.ok(host.exists(place));
});

/** Keeps what is said. */
function listener() {
  const said: string[] = [];
  const add = (text: string) => void said.push(text);
  return { said, reporter: { ...silentReporter, info: add, warn: add } };
}

const damage = new MondoError("damaged", "a volume is damaged");
const fails = (error: unknown) => () => Promise.reject(error);
const thrown = (work: Promise<unknown>) => work.then(() => "nothing", messageOf);

test("goes when any reading finds damage, with its change times as they were", async () => {
  const place = beginNotedReading(host, set).wentWell();
  const { said, reporter } = listener();
  const read = { host, set, reporter };
  await droppingNotes(
    read,
    async () => 0,
    (status) => status === 1,
  );
  await thrown(droppingNotes(read, fails(new MondoError("cancelled", "stopped"))));
  assert.ok("at" in lastReading(host, set), "nothing was found");
  assert.is(await thrown(droppingNotes(read, fails(damage))), "a volume is damaged");
  assert.not.ok(host.exists(place));
  assert.equal(said, [`${place} is removed: it says that this backup is whole`]);
  beginNotedReading(host, set).wentWell();
  assert.is(
    await droppingNotes(
      read,
      async () => 1,
      (status) => status === 1,
    ),
    1,
  );
  assert.not.ok(host.exists(place));
});

test("is named where damage is found and it can't be removed; a file of another kind is left alone", async () => {
  const place = beginNotedReading(host, set).wentWell();
  const remove = () => {
    throw new MondoError("system", "read-only");
  };
  const { said, reporter } = listener();
  const shown = (path: string) => path.replace(base, "nas:");
  await thrown(droppingNotes({ host: { ...host, remove }, set, reporter, shown }, fails(damage)));
  assert.match(
    said.join("\n"),
    /^nas:\/set\/verified\.json says .* can't be removed \(read-only\): remove it, or do not/,
  );
  writeFileSync(place, "mine");
  await thrown(droppingNotes({ host, set, reporter }, fails(damage)));
  assert.is(readFileSync(place, "utf8"), "mine");
  rmSync(place);
});

/** Does work while a bit in the middle of the first volume is another. */
async function withFlippedBit<T>(work: () => Promise<T>): Promise<T> {
  const path = join(base, "set", set.manifest.volumes[0]?.name ?? "");
  const whole = readFileSync(path);
  writeFileSync(
    path,
    whole.map((byte, at) => (at === whole.length >> 1 ? byte ^ 1 : byte)),
  );
  return work().finally(() => writeFileSync(path, whole));
}

for (const isNoted of [true, false]) {
  test(`goes when -V ${isNoted ? "with" : "without"} --note finds a flipped bit`, async () => {
    const place = beginNotedReading(host, set).wentWell();
    const signal = new AbortController().signal;
    const verified = () =>
      verifyIso(host, { root: base }, join(base, "set"), silentReporter, signal, {
        note: isNoted ? "must" : undefined,
      });
    assert.match(await thrown(withFlippedBit(verified)), /does not have the checksum/);
    assert.not.ok(host.exists(place));
  });
}

/** `mondo verify` of the set, with these words. */
async function verify(words: readonly string[] = [], on = host) {
  const { said, reporter } = listener();
  const parsed = parseWords(verifyCommand.spec, [join(base, "set"), ...words]);
  const write = () => assert.unreachable();
  const context = { host: on, reporter, words: parsed, classic: false, write, columns: 80, page: async () => {} };
  return { status: await verifyCommand.run(context), said };
}

test("goes when mondo verify finds a flipped bit, though nobody asked for one", async () => {
  const place = join(base, "set/verified.json");
  assert.is((await verify(["--note"])).status, 0);
  assert.ok(host.exists(place));
  assert.is((await withFlippedBit(() => verify())).status, 1);
  assert.not.ok(host.exists(place));
});

/** A place where nothing can be written. */
const readOnly = (): typeof host => {
  const fail = (path: string) => {
    throw new MondoError("system", `write ${path}: read-only file system`);
  };
  return { ...host, write: fail, remove: fail };
};

test("is refused before anything is read where none can be written", async () => {
  const refusal = /^nothing can be written beside .*\/set: write .*\/verified\.json: read-only file system$/;
  assert.match(await thrown(verify(["--note"], readOnly())), refusal);
  const signal = new AbortController().signal;
  const { said, reporter } = listener();
  const verified = (note: "must" | "may") =>
    verifyIso(readOnly(), { root: base }, join(base, "set"), reporter, signal, { note });
  assert.match(await thrown(verified("must")), refusal);
  // What was made just now is read back all the same.
  await verified("may").catch(() => {});
  assert.match(said.join("\n"), /^No note is left beside the backup: nothing can be written beside /);
});

test("is refused for a stream, which is not even begun", async () => {
  const words = parseWords(verifyCommand.spec, ["-", "--note"]);
  const context = {
    host,
    reporter: silentReporter,
    words,
    classic: false,
    write() {},
    columns: 80,
    page: async () => {},
  };
  const run = withStreamedSet(verifyCommand.spec, context, async () => assert.unreachable() as never);
  assert.is(await thrown(run), "nothing can be written beside the stream");
});

test("names the server where the backup lies", () => {
  const shown = (path: string) => path.replace(base, "nas:");
  assert.throws(
    () => beginNotedReading(readOnly(), set, { shown }),
    (error: MondoError) => error.code === "usage" && !error.message.includes(base) && /Mount it/.test(error.hint ?? ""),
  );
});

test("that fails after a good reading is a warning", async () => {
  const { said, reporter } = listener();
  let writes = 0;
  const write: typeof host.write = (...what) => {
    if (writes++ > 0) throw new MondoError("no-space", "no space left");
    host.write(...what);
  };
  const { status, said: told } = await verify(["--note"], { ...host, write });
  assert.is(status, 0);
  assert.ok(told.includes("the backup is whole, but that could not be noted: no space left"), told.join("\n"));
  assert.not.ok(host.exists(join(base, "set/verified.json")));
  noteDown(beginNotedReading(host, set), reporter);
  assert.equal(said, [`Noted in ${join(base, "set/verified.json")}`]);
});

for (const [name, magic] of [
  ["FAT", 0x4d44],
  ["exFAT", 0x2011bab0],
  ["FUSE", 0x65735546],
] as const) {
  test(`is refused, and counts for nothing, on ${name}, where a copy has the change time of its original`, () => {
    const magicOf = () => magic;
    const why = /\/set\/.* lies on a file system without change times \(FAT, exFAT, FUSE\): a copy looks the same$/;
    const place = beginNotedReading(host, set).wentWell();
    assert.ok("at" in lastReading(host, set, () => 0xef53));
    assert.match(whyOf(lastReading(host, set, magicOf)), why);
    assert.throws(() => beginNotedReading(host, set, { magicOf }), why);
    assert.ok(host.exists(place), "nothing was begun");
    assert.throws(() => requireNotable(join(base, "set"), magicOf), /\/set lies on a file system without change times/);
  });
}

test("may be had of a backup in a directory that does not exist yet", () => {
  requireNotable(base);
  requireNotable(join(base, "none"), () => 0x4d44);
});

test("is refused for a backup that builds on others", () => {
  const parent = { set: crypto.randomUUID() } as NonNullable<OpenSet["manifest"]["parents"]>[number];
  const differential = { ...set, manifest: { ...set.manifest, parents: [parent] } };
  assert.throws(() => beginNotedReading(host, differential), /builds on other backups$/);
  assert.match(whyOf(lastReading(host, differential)), /builds on other backups$/);
});

test("lies beside an image, and goes with it", async () => {
  const image = join(base, "web1-1.iso");
  writeFileSync(image, "image");
  const inImage = { ...set, name: image, locate: () => ({ path: image, offset: 1, sizeBytes: 2 }) };
  assert.is(beginNotedReading(host, inImage).wentWell(), `${image}.verified`);
  assert.ok("at" in lastReading(host, inImage));
  const placed = { form: "image", parts: [image], place: image, home: base, manifest: undefined };
  await removeHere(host)(placed as unknown as Parameters<ReturnType<typeof removeHere>>[0]);
  assert.not.ok(host.exists(image) || host.exists(`${image}.verified`));
});

test.run();
