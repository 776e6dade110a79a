/** Sets on tapes, in a drive that behaves as st(4) does. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeManifest } from "../../../../src/archive/set/manifest.ts";
import { PieceReader } from "../../../../src/archive/stream/piece-reader.ts";
import { allMissing, readStream } from "../../../../src/archive/stream/stream-contents.ts";
import { headOf } from "../../../../src/archive/stream/stream-head.ts";
import { chosenSet, setsOnTape } from "../../../../src/archive/tape/sets-on-tape.ts";
import type { TapeDrive } from "../../../../src/archive/tape/tape-drive.ts";
import { readTapeEnd } from "../../../../src/archive/tape/tape-end.ts";
import { TapeSource } from "../../../../src/archive/tape/tape-source.ts";
import { whyNotReplaced } from "../../../../src/archive/tape/tape-words.ts";
import { MondoError } from "../../../../src/base/errors.ts";
import { silentReporter } from "../../../../src/base/report.ts";
import { linuxHost } from "../../../../src/host/linux.ts";
import { Errno } from "../../../../src/host/syscalls.ts";
import { emptyManifest } from "../../../support/empty-manifest.ts";
import { type Cartridge, cartridge, FakeTape } from "../../../support/fake-tape.ts";
import {
  BLOCK,
  catalog,
  listener,
  MIB,
  noise,
  rig,
  SAVED_AT,
  save,
  sha,
  volumes,
} from "../../../support/saved-tapes.ts";

const test = suite("tapes");
const base = mkdtempSync(join(tmpdir(), "mondo-tapes-"));
test.after(() => rmSync(base, { recursive: true, force: true }));

const NOW = SAVED_AT;

/** Reads a set from its first tape to the end of the last. */
async function load({ drive, changer }: ReturnType<typeof rig>) {
  await drive.open("read");
  const label = await drive.label();
  assert.is(label.kind, "ours");
  if (label.kind !== "ours") throw new Error("never");
  await drive.seek(label.file, 0);
  const reader = new PieceReader(new TapeSource({ drive, changer, head: label.head, recordBytes: label.recordBytes }));
  const files = new Map<string, Uint8Array>();
  const contents = await readStream(reader, "the tape", {
    take({ file, offset, content }) {
      const grown = new Uint8Array(offset + content.length);
      grown.set(files.get(file) ?? new Uint8Array(0));
      grown.set(content, offset);
      files.set(file, grown);
    },
  });
  await drive.close();
  return { files, contents, reader };
}

const isWhole = (files: ReadonlyMap<string, Uint8Array>) =>
  [...volumes, ["catalog.mcat.zst", catalog] as const].every(
    ([name, bytes]) => Buffer.compare(files.get(name) ?? new Uint8Array(0), bytes) === 0,
  );

test("a set comes back from one tape, with or without an image that boots before it", async () => {
  for (const obdr of [undefined, noise(4 * MIB, 9)]) {
    const tape = cartridge();
    await save(rig(new FakeTape(tape)), crypto.randomUUID(), obdr);
    const { files, contents } = await load(rig(new FakeTape(tape)));
    assert.ok(isWhole(files));
    assert.equal(contents.missing, []);
    if (!obdr) continue;
    // 20 records of 512 bytes, a mark, the image in records of 2048, a mark.
    const lengths = tape.items.map((item) => (item === "mark" ? item : item.byteLength));
    assert.equal(lengths.slice(0, 21), [...Array.from({ length: 20 }, () => 512), "mark"]);
    const end = tape.items.indexOf("mark", 21);
    const image = Buffer.concat(tape.items.slice(21, end) as Uint8Array[]);
    assert.ok(Buffer.compare(image, obdr) === 0);
    assert.ok(lengths.slice(21, end).every((length) => length === 2048));
  }
});

test("whatever the length of the tapes, nothing is lost where one ends", async () => {
  for (const capacity of [2 * MIB, 2 * MIB + BLOCK, 3 * MIB - BLOCK, 3 * MIB + 5 * BLOCK, 5 * MIB, 7 * MIB]) {
    const tapes = Array.from({ length: 9 }, () => cartridge(capacity));
    const [first, ...others] = tapes;
    const writing = new FakeTape(first);
    writing.next.push(...others);
    const saved = await save(rig(writing), crypto.randomUUID());
    assert.ok(saved.tapes > 1, `${capacity}`);
    const reading = new FakeTape(first);
    reading.next.push(...others);
    const { files, contents } = await load(rig(reading));
    assert.ok(isWhole(files), `${capacity}: ${saved.tapes} tapes`);
    assert.equal(allMissing(contents, saved.manifest), []);
    // From the last tape alone, too: what says where everything is stands there as a whole.
    const last = rig(new FakeTape(tapes[saved.tapes - 1]));
    const directory = join(base, `end-${capacity}`);
    mkdirSync(directory);
    const end = await readTapeEnd(linuxHost(), last.drive, last.changer, directory, silentReporter);
    assert.is(end.manifest.set, saved.manifest.set);
    assert.is(end.index.tapes.length, saved.tapes);
    assert.is(sha(readFileSync(join(directory, "catalog.mcat.zst"))), saved.manifest.catalog.sha256);
    await last.drive.close();
  }
});

test("from the first of several tapes, the last is asked for", async () => {
  const tapes = Array.from({ length: 3 }, () => cartridge(5 * MIB));
  const writing = new FakeTape(tapes[0]);
  writing.next.push(tapes[1], tapes[2]);
  const { tapes: count, manifest } = await save(rig(writing), crypto.randomUUID());
  const port = new FakeTape(tapes[0]);
  // A stranger's, none, then the one.
  port.next.push(cartridge(), undefined, tapes[count - 1]);
  const heard = listener();
  const { drive, changer } = rig(port, heard);
  const directory = join(base, "asked");
  mkdirSync(directory);
  let looks = 0;
  const open = port.open.bind(port);
  port.open = async (access) => {
    looks += 1;
    if (looks > 2 && port.next.length > 0) port.loaded = port.next.shift();
    return open(access);
  };
  const end = await readTapeEnd(linuxHost(), drive, changer, directory, heard);
  assert.is(end.manifest.set, manifest.set);
  assert.ok(
    heard.told.some((text) => text.startsWith("Insert the last tape of the backup of web1")),
    heard.told.join(),
  );
  assert.ok(heard.told.some((text) => text.startsWith("the tape in the drive is none of a backup made by mondo")));
});

test("several sets stand on one tape, and the newest is read", async () => {
  const tape = cartridge();
  const ids = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
  for (const id of ids) await save(rig(new FakeTape(tape)), id);
  for (const hasNoEnd of [false, true]) {
    const port = new FakeTape(tape);
    port.hasNoEnd = hasNoEnd;
    // One that finds the end, and counts wrongly on the way.
    port.endIsFile = hasNoEnd ? undefined : 8_388_607;
    const { drive, changer } = rig(port);
    const directory = join(base, `several-${hasNoEnd}`);
    mkdirSync(directory);
    const end = await readTapeEnd(linuxHost(), drive, changer, directory, silentReporter);
    assert.is(end.manifest.set, ids[2]);
  }
  // The first stands there as it was.
  assert.ok(isWhole((await load(rig(new FakeTape(tape)))).files));
});

test("each of several sets on a tape is found by its id, or how that begins", async () => {
  const tape = cartridge();
  const ids = ["1111", "1122", "2222"].map((start) => start + crypto.randomUUID().slice(4));
  for (const id of ids) await save(rig(new FakeTape(tape)), id);
  for (const [index, id] of ids.entries()) {
    const { drive, changer } = rig(new FakeTape(tape));
    const directory = join(base, `chosen-${index}`);
    mkdirSync(directory);
    const end = await readTapeEnd(linuxHost(), drive, changer, directory, silentReporter, id);
    assert.is(end.manifest.set, id);
    assert.is(end.index.tapes[0]?.files[0]?.file, index * 5);
  }
  const { drive } = rig(new FakeTape(tape));
  await drive.open("read");
  const sets = await setsOnTape(drive);
  assert.equal(
    sets.map(({ head, file, lastFile, isNewest }) => [head.set, file, lastFile, isNewest]),
    ids.map((id, index) => [id, index * 5, index * 5 + 4, index === 2]),
  );
  assert.is(chosenSet(drive, sets, undefined).head.set, ids[2]);
  assert.is(chosenSet(drive, sets, "2222").head.set, ids[2]);
  assert.throws(
    () => chosenSet(drive, sets, "11"),
    /several backups on the tape in \/dev\/nst0 begin with 11; it holds/,
  );
  assert.throws(() => chosenSet(drive, sets, "3333"), /has no set 3333; it holds 1111.*web1, 2023-11-14/);
});

test("an older set is read to its own end, not on into the next", async () => {
  const tape = cartridge();
  const ids = [crypto.randomUUID(), crypto.randomUUID()];
  for (const id of ids) await save(rig(new FakeTape(tape)), id);
  const { drive } = rig(new FakeTape(tape));
  await drive.open("read");
  const [first] = await setsOnTape(drive);
  if (!first) throw new Error("no set");
  const { file, lastFile, head, recordBytes } = first;
  await drive.seek(file, 0);
  const source = new TapeSource({ drive, head, recordBytes, files: lastFile - file + 1 });
  let bytes = 0;
  for (let part = await source.next(); part; part = await source.next()) {
    if (!(part instanceof Uint8Array)) throw new Error(part.unreadable);
    bytes += part.byteLength;
  }
  const written = tape.items.slice(0, tape.items.length / 2);
  assert.is(
    bytes,
    written.reduce((sum, item) => sum + (item === "mark" ? 0 : item.byteLength), 0),
  );
});

test("a set behind another one that goes on on a second tape is asked for there", async () => {
  const tapes = [cartridge(9 * MIB), cartridge()];
  const ids = [crypto.randomUUID(), crypto.randomUUID()];
  await save(rig(new FakeTape(tapes[0])), ids[0] ?? "");
  const writing = new FakeTape(tapes[0]);
  writing.next.push(tapes[1]);
  assert.is((await save(rig(writing), ids[1] ?? "")).tapes, 2);
  for (const wanted of [undefined, ...ids]) {
    const port = new FakeTape(tapes[0]);
    port.next.push(tapes[1]);
    const { drive, changer } = rig(port);
    const directory = join(base, `behind-${wanted}`);
    mkdirSync(directory);
    const end = await readTapeEnd(linuxHost(), drive, changer, directory, silentReporter, wanted);
    assert.equal([end.manifest.set, end.tape], wanted === ids[0] ? [ids[0], 1] : [ids[1], 2]);
  }
});

test("records that can't be read cost the pieces that they are of, and are named", async () => {
  const tape: Cartridge = { ...cartridge(), unreadable: new Set() };
  const { manifest } = await save(rig(new FakeTape(tape)), crypto.randomUUID());
  const records = tape.items.flatMap((item, at) => (item === "mark" ? [] : [at]));
  for (const at of [5, 20, 36, 50]) tape.unreadable?.add(records[at] ?? 0);
  const { files, contents, reader } = await load(rig(new FakeTape(tape)));
  const gone = allMissing(contents, manifest);
  assert.ok(gone.length > 0 && gone.length <= 4);
  assert.match([...reader.unreadable].join(), /a part of tape 1 in \/dev\/nst0 can't be read: input\/output error/);
  for (const [name, bytes] of volumes) {
    const got = files.get(name) ?? new Uint8Array(0);
    for (let at = 0; at < got.length; at += 4096) {
      const isGone = gone.some(
        ({ file, offset, length }) => file === name && at + 4096 > offset && at < offset + length,
      );
      if (!isGone)
        assert.ok(
          Buffer.compare(got.subarray(at, at + 4096), bytes.subarray(at, Math.min(at + 4096, got.length))) === 0,
        );
    }
  }
});

test("failures of a drive are one sentence each", async () => {
  const failed = async (port: FakeTape, work: (drive: TapeDrive) => Promise<unknown>): Promise<string> => {
    const { drive } = rig(port);
    const error = await work(drive).then(
      () => undefined,
      (reason) => reason,
    );
    assert.instance(error, MondoError);
    return error.message;
  };
  const open = async (drive: TapeDrive) => drive.requireTape(await drive.open("write"));
  assert.is(await failed(new FakeTape(), open), "/dev/nst0: there is no tape in the drive");
  const locked = { ...cartridge(), isWriteProtected: true };
  assert.is(await failed(new FakeTape(locked), open), "/dev/nst0: the tape is write-protected");
  const busy = new FakeTape(cartridge());
  busy.isBusy = true;
  assert.is(await failed(busy, open), "/dev/nst0: another program has the drive");
  const torn = new FakeTape(cartridge());
  torn.writeErrors.set(40, Errno.EIO);
  const written = await failed(torn, (drive) => save({ ...rig(torn), drive }, crypto.randomUUID()));
  assert.is(written, "/dev/nst0 can't write on: input/output error; the backup on this tape is not complete");
  const reset = new FakeTape(cartridge());
  const lost = await failed(reset, async (drive) => {
    await open(drive);
    reset.reset();
    await drive.file();
  });
  assert.is(lost, "/dev/nst0: it does not know where its tape is: it was reset");
});

test("a tape is replaced when it may be, and says whose backup it holds otherwise", () => {
  const owner = { set: "a", host: "web1", now: NOW, overwrite: false };
  const label = (host: string, ageDays: number, set = "b") => {
    const head = {
      ...headOf(decodeManifest(emptyManifest(host), "m"), host, BLOCK),
      set,
      created: NOW - ageDays * 86_400,
    };
    return { kind: "ours", head, file: 0, recordBytes: BLOCK } as const;
  };
  assert.is(whyNotReplaced({ kind: "blank" }, owner), undefined);
  assert.match(whyNotReplaced({ kind: "foreign" }, owner) ?? "", /holds something that is no backup made by mondo$/);
  assert.is(whyNotReplaced(label("web1", 7), owner), undefined);
  assert.match(whyNotReplaced(label("web1", 5), owner) ?? "", /holds a backup of web1 of 2023-11-09 22:13 UTC$/);
  assert.match(whyNotReplaced(label("web2", 99), owner) ?? "", /holds a backup of web2 of/);
  assert.is(whyNotReplaced(label("web2", 1), { ...owner, overwrite: true }), undefined);
  const own = whyNotReplaced(label("web1", 0, "a"), { ...owner, overwrite: true });
  assert.match(own ?? "", /is tape 1 of the backup of web1 of .*, which is being written$/);
});

test.run();
