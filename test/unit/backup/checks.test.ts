import { test } from "uvu";
import * as assert from "uvu/assert";
import { checkLength } from "../../../src/backup/checks.ts";
import type { BackupRequest } from "../../../src/backup/request.ts";
import { MondoError } from "../../../src/base/errors.ts";
import { GIB, MIB } from "../../../src/base/units.ts";
import { canHoldFile } from "../../../src/host/file-length.ts";

/** As FAT has it. */
const fat = (_: string, sizeBytes: number): boolean => sizeBytes < 4 * GIB;
const wish = (more: Partial<BackupRequest> = {}) => ({ directory: "/mnt/stick", level: 3, ...more }) as BackupRequest;

test("checkLength() refuses an image that FAT can't hold, and warns where it may become so long", () => {
  assert.is(checkLength(wish(), 3 * GIB, fat), undefined);
  assert.match(checkLength(wish(), 5 * GIB, fat) ?? "", /takes no file of 5\.2 GiB: the backup fails if .*-s 4000m/);
  const refused = () => checkLength(wish(), 20 * GIB, fat);
  assert.throws(refused, (error: unknown) => error instanceof MondoError && error.code === "unsupported");
  assert.throws(() => checkLength(wish({ level: 0 }), 5 * GIB, fat), /\/mnt\/stick takes no file of 5\.2 GiB/);
});

test("checkLength() looks at the images that -s makes, and at no other medium", () => {
  assert.is(checkLength(wish({ mediaBytes: [4000 * MIB] }), 100 * GIB, fat), undefined);
  assert.throws(() => checkLength(wish({ mediaBytes: [4480 * MIB] }), 100 * GIB, fat), /takes no file of 4\.4 GiB/);
  assert.throws(() => checkLength(wish({ mediaBytes: [700 * MIB, 4480 * MIB] }), 100 * GIB, fat), /4\.4 GiB/);
  assert.is(checkLength(wish({ medium: { kind: "directory" } as never }), 100 * GIB, fat), undefined);
});

test("canHoldFile() asks the kernel, and leaves nothing", () => {
  assert.ok(canHoldFile("/tmp", 5 * GIB));
  assert.not.ok(canHoldFile("/tmp", 2 ** 62));
});

test.run();
