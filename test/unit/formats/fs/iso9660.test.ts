import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeVolumeId } from "../../../../src/formats/fs/iso9660.ts";

test("decodeVolumeId() reads a primary volume descriptor and nothing else", () => {
  const sector = new Uint8Array(2048).fill(32);
  sector.set(new TextEncoder().encode("\x01CD001\x01"), 0);
  sector.set(new TextEncoder().encode("MONDO_1"), 40);
  assert.is(decodeVolumeId(sector), "MONDO_1");
  sector[0] = 2;
  assert.is(decodeVolumeId(sector), undefined);
  assert.is(decodeVolumeId(new Uint8Array(2048)), undefined);
  assert.is(decodeVolumeId(new Uint8Array(10)), undefined);
});

test.run();
