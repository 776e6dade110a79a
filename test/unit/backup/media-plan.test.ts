import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  checkMediaSizes,
  LARGEST_IMAGE,
  mediumFor,
  nextVolumeLimit,
  roomOnMedium,
} from "../../../src/backup/media-plan.ts";
import { alignUp, GIB, MIB } from "../../../src/base/units.ts";

const burden = { sizes: [700 * MIB, 200 * MIB], bootBytes: 100 * MIB, headBytes: 9 * MIB };

interface Cut {
  readonly bytes: number;
  readonly medium: number;
}

/** Volumes as a writer makes them: filled with frames of `frame` bytes up to what it is told; the total is `bytes`. */
function cut(bytes: number, frame: number, of = burden): Cut[] {
  const volumes: Cut[] = [];
  let filling = { number: 1, left: roomOnMedium(of, 1) };
  for (let left = bytes; left > 0; ) {
    const limit = nextVolumeLimit(filling, of);
    const size = Math.min(left, Math.max(1, Math.floor(limit / frame)) * frame);
    const medium = mediumFor(Math.min(left, frame), filling, of);
    const before = medium === filling.number ? filling.left : roomOnMedium(of, medium);
    filling = { number: medium, left: before - alignUp(size, 2048) };
    volumes.push({ bytes: size, medium });
    left -= size;
  }
  return volumes;
}

/** Bytes of volumes on each medium. */
function loads(volumes: readonly Cut[]): number[] {
  const sums: number[] = [];
  for (const { bytes, medium } of volumes) sums[medium - 1] = (sums[medium - 1] ?? 0) + bytes;
  return sums;
}

test("roomOnMedium() leaves out boot files on the first medium and the head on each; the last size repeats", () => {
  assert.equal(
    [1, 2, 3, 9].map((number) => roomOnMedium(burden, number) / MIB),
    [590, 190, 190, 190],
  );
});

test("nextVolumeLimit() cuts what large media take into files that ISO 9660 can hold", () => {
  const large = { ...burden, sizes: [LARGEST_IMAGE] };
  assert.ok(nextVolumeLimit({ number: 1, left: roomOnMedium(large, 1) }, large) < 100 * 4 * GIB);
});

test("nextVolumeLimit() cuts so that media are full but for a frame, whatever the frames' length", () => {
  for (const frame of [0.3 * MIB, 1.7 * MIB, 4.01 * MIB, 12 * MIB].map(Math.floor)) {
    const volumes = cut(1500 * MIB, frame);
    const used = loads(volumes);
    assert.is(
      used.reduce((a, b) => a + b),
      1500 * MIB,
    );
    for (const [index, bytes] of used.entries()) {
      const room = roomOnMedium(burden, index + 1);
      assert.ok(bytes <= room, `${bytes} on medium ${index + 1}`);
      const waste = index < used.length - 1 ? room - bytes : 0;
      assert.ok(waste < Math.max(frame, 5 * MIB) + volumes.length * 2048, `${waste} bytes are empty on ${index + 1}`);
    }
  }
});

test("nextVolumeLimit() makes no volume that a smaller medium behind could not take", () => {
  const small = { ...burden, sizes: [4480 * MIB, 60 * MIB, 4480 * MIB] };
  const volumes = cut(5000 * MIB, 4 * MIB, small);
  assert.ok(volumes.every(({ bytes, medium }) => medium === 3 || bytes <= roomOnMedium(small, 2)));
  for (const [index, bytes] of loads(volumes).entries()) assert.ok(bytes <= roomOnMedium(small, index + 1));
});

test("mediumFor() passes over media that a frame does not fit on, and refuses one that fits on none", () => {
  const uneven = { ...burden, sizes: [700 * MIB, 30 * MIB, 200 * MIB] };
  const nearlyFull = { number: 1, left: 6 * MIB };
  assert.is(mediumFor(5 * MIB, nearlyFull, uneven), 1);
  assert.is(mediumFor(12 * MIB, nearlyFull, uneven), 2);
  assert.is(mediumFor(25 * MIB, nearlyFull, uneven), 3);
  // Too little is left to begin with.
  assert.is(mediumFor(MIB / 2, { number: 1, left: MIB - 1 }, uneven), 2);
  assert.throws(() => mediumFor(190 * MIB, nearlyFull, uneven), /no medium of -s has room for a piece .* 190 MiB/);
  const last = { number: 9999, left: MIB };
  assert.throws(() => mediumFor(2 * MIB, last, uneven), /9999 media of -s are full/);
});

test("checkMediaSizes() takes what fits exactly and refuses a byte less, with the numbers", () => {
  const exact = 100 * MIB + 9 * MIB + MIB + 13 * MIB;
  checkMediaSizes({ ...burden, sizes: [exact] });
  const tooSmall = () => checkMediaSizes({ ...burden, sizes: [exact - 1] });
  assert.throws(
    tooSmall,
    /medium 1: it needs 123 MiB, of which are 100 MiB for kernel, initrd and boot loaders, 9\.0 MiB for the catalog/,
  );
  assert.throws(() => checkMediaSizes({ ...burden, sizes: [exact, 22 * MIB] }), /medium 2: it needs 23\.0 MiB/);
});

test.run();
