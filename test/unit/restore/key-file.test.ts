import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import type { Host } from "../../../src/host/host.ts";
import { type Facts, wholeDisks } from "../../../src/probe/facts.ts";
import { layoutFrom } from "../../../src/probe/layout-from.ts";
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

/** A machine that holds the file system of a recorded one, and what was done to it; its devices can't be read now. */
function recorded() {
  const facts = JSON.parse(
    readFileSync(join(import.meta.dirname, "../../machines/bios-gpt-ext4/facts.json"), "utf8"),
  ) as Facts;
  const fs = layoutFrom(facts).nodes.find((node) => node.kind === "filesystem" && node.type === "ext4");
  assert.ok(fs?.kind === "filesystem" && fs.uuid !== undefined);
  const done: string[] = [];
  const fake = fakeHost({ files: { "/run/mondo/key/luks.key": "bytes" }, unmount: () => void done.push("unmount") });
  const machine: Host = {
    ...fake,
    stat: () => ({ kind: "file", sizeBytes: 5 }) as never,
    mount: ({ source }) => void done.push(`mount ${source}`),
    list(path) {
      if (path === "/sys/class/block") done.push("look");
      return fake.list(path);
    },
  };
  return { facts, machine, done, place: `UUID=${fs.uuid}:/luks.key` };
}

test("readKeyFile() finds the device in what was read before, and looks again only for one that isn't in it", async () => {
  const { facts, machine, done, place } = recorded();
  const key = await readKeyFile(machine, place, [], facts);
  assert.is(Buffer.from(key.reveal()).toString(), "bytes");
  assert.match(done.join(), /^mount \/dev\/\w+,unmount$/);
  done.length = 0;
  await readKeyFile(machine, "LABEL=KEYS:/luks.key", [], facts).catch(() => undefined);
  assert.equal(done, ["look"]);
});

test("readKeyFile() refuses a key on a disk that is to be erased", async () => {
  const { facts, machine, done, place } = recorded();
  const targets = wholeDisks(facts).map(({ path, sizeBytes }) => ({ path, sizeBytes }));
  const error = await readKeyFile(machine, place, targets, facts).catch((cause: unknown) => cause);
  assert.match(String(error), /lies on \/dev\/\w+, which the restore would erase/);
  assert.equal(done, []);
});

test.run();
