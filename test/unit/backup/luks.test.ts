import { test } from "uvu";
import * as assert from "uvu/assert";
import { cryptNotes } from "../../../src/backup/crypt-notes.ts";
import { readHeaderPhrase } from "../../../src/backup/header-phrase.ts";
import type { BackupRequest } from "../../../src/backup/request.ts";
import { sealHeaders } from "../../../src/backup/seal-headers.ts";
import type { MondoError } from "../../../src/base/errors.ts";
import { silentReporter } from "../../../src/base/report.ts";
import { Secret } from "../../../src/base/secret.ts";
import type { Host } from "../../../src/host/host.ts";
import type { Layout, LayoutNode } from "../../../src/layout/types.ts";
import { fakeHost } from "../../support/fake-host.ts";

const requestWith = (luksHeaders: string | undefined, exclude: readonly string[] = []) =>
  ({ luksHeaders, exclude }) as unknown as BackupRequest;
const hostWith = (text: string): Host => ({
  ...fakeHost({ files: { "/root/seal": text } }),
  stat: (path) => (path === "/root/seal" ? ({ kind: "file" } as never) : undefined),
});
const luks: LayoutNode = {
  kind: "luks",
  id: "luks:data",
  on: "part:sda3",
  path: "/dev/mapper/data",
  name: "data",
  version: 2,
  uuid: "u",
  cipher: "aes-xts-plain64",
  keyBytes: 64,
  sectorBytes: 512,
  hash: "sha256",
  dataOffsetBytes: 16 << 20,
  sizeBytes: 1 << 30,
  slots: [],
  flags: [],
  tokens: [],
};
const entry = { name: "data", source: "UUID=u", key: "/etc/keys/data", options: [] };
const layout: Layout = { version: 1, nodes: [luks, { kind: "crypttab", id: "crypttab", entries: [entry] }] };
const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error as MondoError,
  );

test("readHeaderPhrase() takes a file without its last line end, asks, or keeps the headers out", async () => {
  const text = async (phrase: Promise<Secret | undefined>) => Buffer.from((await phrase)?.reveal() ?? []).toString();
  assert.is(
    await text(readHeaderPhrase(hostWith("five words or more\n"), requestWith("/root/seal"), undefined)),
    "five words or more",
  );
  const ask = async () => Secret.ofText("typed by somebody");
  assert.is(await text(readHeaderPhrase(hostWith(""), requestWith("ask"), ask)), "typed by somebody");
  assert.is(await readHeaderPhrase(hostWith(""), requestWith(undefined), ask), undefined);
});

test("readHeaderPhrase() refuses short pass phrases, absent files, and to ask where nobody is", async () => {
  const short = await failure(readHeaderPhrase(hostWith("secret\n"), requestWith("/root/seal"), undefined));
  assert.match(short?.message ?? "", /pass phrase in \/root\/seal has fewer than 8 characters/);
  assert.not.match(JSON.stringify(short), /secret\b/);
  const absent = await failure(readHeaderPhrase(hostWith(""), requestWith("/root/none"), undefined));
  assert.match(absent?.message ?? "", /--luks-headers \/root\/none is no file/);
  assert.is((await failure(readHeaderPhrase(hostWith(""), requestWith("ask"), undefined)))?.code, "usage");
});

test("cryptNotes() tells what lies on the medium in clear, and that an excluded key does not", () => {
  const text = cryptNotes(layout, requestWith(undefined)).join("\n");
  assert.match(text, /what is saved from \/dev\/mapper\/data is not encrypted on the medium/);
  assert.match(text, /\/etc\/keys\/data, which opens \/dev\/mapper\/data, is in the backup in clear/);
  assert.not.match(cryptNotes(layout, requestWith(undefined, ["/etc/keys"])).join("\n"), /etc\/keys/);
  assert.match(cryptNotes({ version: 1, nodes: [] }, requestWith("ask")).join(), /there is no LUKS volume/);
});

test("sealHeaders() saves nothing of a header without a pass phrase", async () => {
  const sealed = await sealHeaders(fakeHost(), layout, undefined, "/set", silentReporter);
  assert.equal(sealed, { layout, headers: [] });
});

test.run();
