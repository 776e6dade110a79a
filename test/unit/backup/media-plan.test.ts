import { test } from "uvu";
import * as assert from "uvu/assert";
import type { VolumeInfo } from "../../../src/archive/set-files.ts";
import {
  checkMediaSizes,
  mediaOf,
  nextVolumeLimit,
  placeVolumes,
  roomOnMedium,
  volumeLimitOf,
} from "../../../src/backup/media-plan.ts";
import { GIB, MIB, TIB } from "../../../src/base/units.ts";

const burden = { sizes: [700 * MIB, 200 * MIB], bootBytes: 100 * MIB, headBytes: 9 * MIB };

/** Volumes as a writer makes them: filled with frames of `frame` bytes up to what it is told; the total is `bytes`. */
function cut(bytes: number, frame: number, of = burden): number[] {
  const volumes: number[] = [];
  for (let left = bytes; left > 0; ) {
    const limit = nextVolumeLimit(volumes, of);
    const size = Math.min(left, Math.max(1, Math.floor(limit / frame)) * frame);
    volumes.push(size);
    left -= size;
  }
  return volumes;
}

/** Bytes of volumes on each medium. */
function loads(volumes: readonly number[], media: readonly (number | undefined)[]): number[] {
  const sums: number[] = [];
  volumes.forEach((bytes, index) => {
    const at = (media[index] ?? 0) - 1;
    sums[at] = (sums[at] ?? 0) + bytes;
  });
  return sums;
}

test("roomOnMedium() leaves out boot files on the first medium and the head on each; the last size repeats", () => {
  assert.equal(
    [1, 2, 3, 9].map((number) => roomOnMedium(burden, number) / MIB),
    [590, 190, 190, 190],
  );
});

test("volumeLimitOf() cuts what one ISO takes, and what large media take, into files that ISO 9660 can hold", () => {
  const most = 100 * 4 * GIB;
  const alone = volumeLimitOf(undefined);
  assert.ok(typeof alone === "number" && alone < most);
  const large = volumeLimitOf({ ...burden, sizes: [100 * TIB] });
  assert.ok(typeof large === "function" && large([]) < most && large([alone, alone]) < most);
});

test("nextVolumeLimit() cuts so that media are full but for a frame, whatever the frames' length", () => {
  for (const frame of [0.3 * MIB, 1.7 * MIB, 4.01 * MIB, 12 * MIB].map(Math.floor)) {
    const volumes = cut(1500 * MIB, frame);
    const used = loads(volumes, mediaOf(volumes, burden));
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

test("mediaOf() puts volumes onto further media when the catalog came out larger than expected", () => {
  const volumes = cut(1500 * MIB, 4 * MIB);
  const larger = { ...burden, headBytes: 40 * MIB };
  const media = mediaOf(volumes, larger);
  assert.not.ok(media.includes(undefined));
  assert.equal(
    [...media].sort((a, b) => (a ?? 0) - (b ?? 0)),
    media,
  );
  for (const [index, bytes] of loads(volumes, media).entries()) assert.ok(bytes <= roomOnMedium(larger, index + 1));
});

test("nextVolumeLimit() makes no volume that a smaller medium behind could not take", () => {
  const small = { ...burden, sizes: [4480 * MIB, 60 * MIB, 4480 * MIB] };
  const volumes = cut(5000 * MIB, 4 * MIB, small);
  const media = mediaOf(volumes, small);
  assert.ok(volumes.every((bytes, index) => media[index] === 3 || bytes <= roomOnMedium(small, 2)));
  assert.not.ok(mediaOf(volumes, { ...small, headBytes: 11 * MIB }).includes(undefined));
});

test("placeVolumes() gives each volume its medium, and refuses one that fits on none", () => {
  const volume = (name: string, sizeBytes: number): VolumeInfo => ({ name, sizeBytes, sha256: "0".repeat(64) });
  const placed = placeVolumes([volume("a", 500 * MIB), volume("b", 150 * MIB), volume("c", 39 * MIB)], burden);
  assert.equal(
    placed.map(({ name, medium }) => [name, medium]),
    [
      ["a", 1],
      ["b", 2],
      ["c", 2],
    ],
  );
  assert.throws(
    () => placeVolumes([volume("big", 600 * MIB)], burden),
    /big has 600 MiB, and \d+ media of -s have no room/,
  );
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
