import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import type { Host } from "../../../src/host/host.ts";
import { readKeyFile } from "../../../src/restore/key-file.ts";
import { fakeHost } from "../../support/fake-host.ts";

const sizes: Readonly<Record<string, number>> = { "/run/key": 5, "/run/empty": 0, "/run/huge": 9 << 20 };
const host: Host = {
  ...fakeHost({ files: { "/run/key": "bytes" } }),
  stat: (path) => (sizes[path] === undefined ? undefined : ({ kind: "file", sizeBytes: sizes[path] } as never)),
};

async function refusal(place: string): Promise<string> {
  const error = await readKeyFile(host, place, []).catch((cause: unknown) => cause);
  assert.instance(error, MondoError);
  return (error as MondoError).message;
}

test("readKeyFile() reads a key as it is, and shows it to nobody", async () => {
  const key = await readKeyFile(host, "/run/key", []);
  assert.is(Buffer.from(key.reveal()).toString(), "bytes");
  assert.is(`${key}`, "[secret]");
});

test("readKeyFile() names a place that holds no key, and a device that is not there", async () => {
  assert.match(await refusal("/run/none"), /the key file \/run\/none is not there/);
  assert.match(await refusal("/run/empty"), /has 0 bytes; it must have 1 byte to 8(\.0)? MiB/);
  assert.match(await refusal("/run/huge"), /has 9437184 bytes/);
  assert.match(
    await refusal("LABEL=KEYS:/luks.key"),
    /there is no device LABEL=KEYS with a file system for the key file/,
  );
});

test.run();
