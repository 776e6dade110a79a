import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Entry } from "../../../../src/archive/entry.ts";
import { ShareClaims, type SharePlan } from "../../../../src/archive/sharing/share-plan.ts";
import { toByteString } from "../../../../src/base/bytes.ts";
import { randomOf } from "../../../support/seeded-random.ts";

/** A file that claims [offset, length, place, …] in the space 7. */
const claiming = (path: string, ...ranges: number[]): Pick<Entry, "path" | "shared"> => ({
  path: toByteString(path),
  shared: [{ space: 7, ranges }],
});

function planOf(files: readonly Pick<Entry, "path" | "shared">[], most?: number): SharePlan {
  const claims = new ShareClaims(most);
  for (const [ordinal, file] of files.entries()) claims.add(file, ordinal);
  return claims.plan();
}

/** `[offset, length, from, fromOffset]` of all that a file has from others. */
const sharesOf = (plan: SharePlan, sharer: number, from = 0, to = 1e9) =>
  plan
    .within(sharer, from, to)
    .map(({ offset, length, from: source, fromOffset }) => [offset, length, source, fromOffset]);

test("the first file that has a place is the source of all others that have it", () => {
  const plan = planOf([claiming("a", 0, 100, 5000), claiming("b", 0, 100, 5000), claiming("c", 40, 100, 5000)]);
  assert.equal(
    [0, 1, 2].map((file) => sharesOf(plan, file)),
    [[], [[0, 100, 0, 0]], [[40, 100, 0, 0]]],
  );
  assert.is(plan.bytes, 200);
  assert.equal(
    [0, 1, 2].map((file) => plan.isSource(file)),
    [true, false, false],
  );
  assert.equal(
    [0, 1, 2, 3].map((ordinal) => plan.sharerOf(ordinal)),
    [0, 1, 2, undefined],
  );
});

test("files that are alike in parts share just these, from whoever has them first", () => {
  const image = claiming("image", 0, 1000, 10_000);
  // Changed from 300 to 400; and one made of that, which has the change, too.
  const changed = claiming("changed", 0, 300, 10_000, 300, 100, 50_000, 400, 600, 10_400);
  const again = claiming("again", 0, 200, 10_000, 250, 150, 49_950, 400, 900, 10_400);
  const plan = planOf([image, changed, again]);
  assert.equal(sharesOf(plan, 1), [
    [0, 300, 0, 0],
    [400, 600, 0, 400],
  ]);
  assert.equal(sharesOf(plan, 2), [
    [0, 200, 0, 0],
    [300, 100, 1, 300],
    [400, 600, 0, 400],
  ]);
  assert.equal(sharesOf(plan, 2, 150, 350), [
    [150, 50, 0, 150],
    [300, 50, 1, 300],
  ]);
  assert.equal(sharesOf(plan, 2, 1000, 2000), []);
});

test("spaces and groups share nothing with each other, and a file shares with itself backwards", () => {
  const claims = new ShareClaims();
  claims.add(claiming("a", 0, 10, 100), 0, 0);
  claims.add({ path: toByteString("b"), shared: [{ space: 8, ranges: [0, 10, 100] }] }, 1, 0);
  claims.add(claiming("c", 0, 10, 100), 2, 1);
  claims.add(claiming("d", 0, 10, 900, 50, 10, 900, 80, 5, 905), 3, 0);
  const plan = claims.plan();
  assert.equal(
    [0, 1, 2].map((file) => sharesOf(plan, file)),
    [[], [], []],
  );
  assert.equal(sharesOf(plan, 3), [
    [50, 10, 3, 0],
    [80, 5, 3, 5],
  ]);
});

test("what is made in an earlier round is the source, whatever the order of the catalog", () => {
  const claims = new ShareClaims();
  claims.add(claiming("late", 0, 10, 100), 0, 0, 1);
  claims.add(claiming("early", 5, 10, 100), 1, 0, 0);
  assert.equal(sharesOf(claims.plan(), 0), [[0, 10, 1, 5]]);
});

test("in a small memory short ranges are passed over, and long ones stay", () => {
  const files = Array.from({ length: 600 }, (_, at) => claiming(`f${at}`, 0, 4096, 1e6 + (at >> 1) * 4096));
  const large = [claiming("x", 0, 1 << 20, 1e12), claiming("y", 0, 1 << 20, 1e12)];
  const plan = planOf([...files, ...large], 400);
  assert.equal(sharesOf(plan, 601), [[0, 1 << 20, 600, 0]]);
  assert.ok(plan.bytes < 2 << 20);
});

test("claims made to cost time end soon", () => {
  const begun = performance.now();
  const nested = Array.from({ length: 5000 }, (_, at) => claiming(`f${at}`, 0, 1e6 - at, 1000 + at));
  const plan = planOf(nested, 20_000);
  assert.ok(performance.now() - begun < 10_000);
  assert.ok(plan.bytes > 0);
});

test("every share leads to an earlier byte with the same place (random claims)", () => {
  const below = randomOf(5);
  for (let round = 0; round < 200; round++) {
    const files = Array.from({ length: 1 + below(6) }, (_, at) => {
      const ranges: number[] = [];
      let offset = 0;
      for (let left = below(5); left > 0; left--) {
        offset += below(20);
        const length = 1 + below(30);
        ranges.push(offset, length, below(60));
        offset += length;
      }
      return claiming(`f${at}`, ...ranges);
    });
    const plan = planOf(files);
    const placeOf = (file: number, byte: number) => {
      const ranges = files[file]?.shared?.[0]?.ranges ?? [];
      for (let i = 0; i < ranges.length; i += 3) {
        const [offset = 0, length = 0, place = 0] = ranges.slice(i, i + 3);
        if (byte >= offset && byte < offset + length) return place + byte - offset;
      }
      return undefined;
    };
    const first = new Map<number, string>();
    for (const file of files.keys()) {
      const shares = plan.within(file, 0, 1000);
      for (let byte = 0; byte < 400; byte++) {
        const share = shares.find(({ offset, length }) => byte >= offset && byte < offset + length);
        const place = placeOf(file, byte);
        const source = share && `${share.from} ${share.fromOffset + byte - share.offset}`;
        assert.is(source, place === undefined ? undefined : first.get(place), `round ${round}, ${file} ${byte}`);
        if (place !== undefined && !first.has(place)) first.set(place, `${file} ${byte}`);
      }
    }
  }
});

test.run();
