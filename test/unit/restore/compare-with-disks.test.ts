import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { writeList } from "../../../src/restore/compare-with-disks.ts";
import { fakeHost } from "../../support/fake-host.ts";

/** A host that only writes below a directory. */
function hostThatWrites(directory: string) {
  const written: Record<string, string> = {};
  const write = (path: string, data: string | Uint8Array, mode?: number) => {
    if (!path.startsWith(directory)) throw new MondoError("no-space", "no space left");
    written[path] = `${mode?.toString(8)} ${data}`;
  };
  return { host: { ...fakeHost(), write }, written };
}

test("writeList() writes where there is room, for root alone", () => {
  const { host, written } = hostThatWrites("/tmp/");
  assert.is(writeList(host, ["/a: content", "/b: mode"]), "/tmp/changed.txt");
  assert.equal(written, { "/tmp/changed.txt": "600 /a: content\n/b: mode\n" });
});

test("writeList() goes elsewhere when /tmp is full, and never ends a comparison", () => {
  assert.is(writeList(hostThatWrites("/run/").host, ["/a"]), "/run/mondo/changed.txt");
  assert.is(writeList(hostThatWrites("/nowhere").host, ["/a"]), "the log");
});

test.run();
