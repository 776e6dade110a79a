import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Copies, isAway } from "../../../../src/archive/catalog/copies.ts";
import type { FileSpan } from "../../../../src/archive/set-files.ts";
import { MondoError } from "../../../../src/base/errors.ts";
import { Errno } from "../../../../src/host/syscalls.ts";

const test = suite("copies of a file on several servers");

const copy = (path: string) => ({ path, offset: 0, sizeBytes: 9, place: `${path}!` });
const file: FileSpan = { path: "one", offset: 0, sizeBytes: 9, copies: [copy("two"), copy("three")] };
const away = () => new MondoError("damaged", "it is away", { data: { errno: Errno.ETIMEDOUT } });
const damaged = () => new MondoError("damaged", "it is damaged", { data: { errno: Errno.EIO } });

/** Reads as the states of the servers have it; says what was asked. */
function reader(states: Readonly<Record<string, () => MondoError>>, pause = () => {}) {
  const asked: string[] = [];
  const copies = new Copies(pause);
  const read = (volume = 0) =>
    copies.read(volume, file, ({ path }) => {
      asked.push(path);
      const failure = states[path];
      if (failure) throw failure();
      return path;
    });
  return { asked, copies, read };
}

test("the next server gives what the one before can't, and stays the first one after one that is away", () => {
  const { asked, copies, read } = reader({ one: away });
  assert.is(read(), "two");
  assert.is(read(1), "two");
  assert.equal(asked, ["one", "two", "two"]);
  assert.equal(copies.takeNews(), [
    { volume: 0, place: "two!", reason: "the server that was read from is away" },
    { volume: 1, place: "two!", reason: "the server that was read from is away" },
  ]);
  assert.equal(copies.takeNews(), []);
});

test("what is damaged on one server is taken from another; all else still comes from the first", () => {
  const { asked, copies, read } = reader({ one: damaged, two: damaged });
  assert.is(read(), "three");
  assert.is(read(), "three");
  assert.equal(asked, ["one", "two", "three", "one", "two", "three"]);
  assert.equal(copies.takeNews(), [{ volume: 0, place: "three!", reason: "it is damaged" }]);
});

test("while all are away, they are asked again; one that comes back serves", () => {
  const states: Record<string, () => MondoError> = { one: away, two: away, three: away };
  let pauses = 0;
  const { read } = reader(states, () => {
    pauses += 1;
    if (pauses === 3) delete states.two;
  });
  assert.is(read(), "two");
  assert.is(pauses, 3);
});

test("where one is damaged and the others are away, it is damaged: nobody waits for ever", () => {
  const { read } = reader({ one: away, two: damaged, three: away });
  assert.throws(() => read(), /it is damaged/);
});

test("a copy of a signed set that is not what was signed is not read", () => {
  const copies = new Copies();
  const forged = { ...copy("/dev/null"), sizeBytes: 0, sha256: "0".repeat(64) };
  const from: string[] = [];
  const signed = { ...file, copies: [forged, copy("three")] };
  const got = copies.read(0, signed, ({ path }) => {
    from.push(path);
    if (path === "one") throw away();
    return path;
  });
  assert.is(got, "three");
  assert.equal(from, ["one", "three"]);
});

test("isAway() is about servers alone", () => {
  assert.ok(isAway(away()));
  assert.not(isAway(damaged()));
  assert.not(isAway(new MondoError("damaged", "x")));
});

test.run();
