import { test } from "uvu";
import * as assert from "uvu/assert";
import { encodeText } from "../../../src/base/bytes.ts";
import { silentReporter } from "../../../src/base/report.ts";
import { Secret } from "../../../src/base/secret.ts";
import type { Luks } from "../../../src/layout/types.ts";
import type { RestoreContext } from "../../../src/restore/context.ts";
import { unsealHeaders } from "../../../src/restore/saved-headers.ts";
import { fakeHost } from "../../support/fake-host.ts";

const name = "luks-1.header.age";
const volume = { header: name, uuid: "1" } as Luks;
const sealed = encodeText("not what age makes");
const info = { name, sizeBytes: sealed.length, sha256: new Bun.CryptoHasher("sha256").update(sealed).digest("hex") };

/** What comes of decrypting a header that lies in the set as `bytes`. */
async function failureOf(headers: readonly (typeof info)[] | undefined, bytes: Uint8Array): Promise<string> {
  const reads: number[] = [];
  const readAt = (_: string, __: number, length: number) => {
    reads.push(length);
    return bytes.subarray(0, length);
  };
  const context = {
    host: { ...fakeHost({ files: { "/proc/meminfo": "MemAvailable: 900000 kB\n" } }), readAt },
    reporter: silentReporter,
    manifest: headers === undefined ? {} : { headers },
    setDirectory: "/set",
    locate: () => ({ path: "/set/x", offset: 0, sizeBytes: bytes.length }),
  } as unknown as RestoreContext;
  const error = await unsealHeaders(context, [volume], Secret.ofText("phrase")).catch((caught) => caught);
  assert.ok(reads.every((length) => length === info.sizeBytes));
  return `${error.code}: ${error.message}`;
}

test("unsealHeaders() takes a saved header only as the manifest names it, of that length and checksum", async () => {
  assert.match(await failureOf([info], sealed), /^damaged: luks-1\.header\.age can't be decrypted/);
  const other = /^damaged: luks-1\.header\.age in the backup is not what was written/;
  assert.match(await failureOf([info], encodeText("another of its size").subarray(0, sealed.length)), other);
  assert.match(await failureOf([info], new Uint8Array(1 << 20)), other);
  assert.match(await failureOf([], sealed), /is missing in the backup$/);
  assert.match(await failureOf(undefined, sealed), /is missing in the backup$/);
});

test.run();
