import { test } from "uvu";
import * as assert from "uvu/assert";
import { volumeIdOf } from "../../../../src/archive/set/iso-medium.ts";
import type { Manifest } from "../../../../src/archive/set/manifest.ts";
import { decodeVolumeId } from "../../../../src/formats/fs/iso9660.ts";
import { describeMedium } from "../../../../src/init/medium/missing-medium.ts";
import { describeVolumeId } from "../../../../src/init/medium/volume-id.ts";

const SET = "9069b5fd-21bb-47c0-a361-1604c6437c58";
const OTHER = "11111111-2222-4333-8444-555555555555";

test("describeVolumeId() tells another disc of the set, one of another set, and anything else by its label", () => {
  assert.is(describeVolumeId("MONDO_9069B5FD_3", SET), "it holds medium 3 of this backup");
  assert.is(describeVolumeId(volumeIdOf(OTHER, 2), SET), "it holds medium 2 of another backup (set 11111111…)");
  assert.is(describeVolumeId("Debian 12.5.0 amd64 1", SET), "it holds another disc (Debian 12.5.0 amd64 1)");
  assert.is(describeVolumeId("", SET), "it holds another disc");
});

test("volumeIdOf() fits the 32 characters of a volume id and is read back", () => {
  const id = volumeIdOf(SET, 9999);
  assert.match(id, /^[A-Z0-9_]{1,32}$/);
  const descriptor = Buffer.alloc(2048, " ");
  descriptor[0] = 1;
  descriptor.write("CD001", 1);
  descriptor.write(id, 40);
  assert.is(decodeVolumeId(descriptor), id);
});

test("describeMedium() names number, host and date, of the set or of the parent that it is of", () => {
  const manifest = {
    ...{ set: SET, created: 1_763_700_000, media: { number: 1, of: 3 }, host: { name: "web1" } },
    parents: [{ set: OTHER, created: 1_763_600_000, prefix: "full", level: 0, volumes: [] }],
  } as unknown as Manifest;
  const volumes = new Set<number>();
  assert.is(
    describeMedium(manifest, { medium: 2, volumes }),
    "medium 2 of 3 of the backup of web1, 2025-11-21 04:40 UTC",
  );
  const parents = { set: OTHER, medium: 1, volumes };
  assert.is(describeMedium(manifest, parents), "medium 1 of the backup of web1, 2025-11-20 00:53 UTC");
});

test.run();
