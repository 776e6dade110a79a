import { test } from "uvu";
import * as assert from "uvu/assert";
import type { RestoreContext } from "../../../src/restore/context.ts";
import { decodeMarker, leaveMarker, restoredBefore } from "../../../src/restore/once.ts";
import { fakeHost } from "../../support/fake-host.ts";

const told: string[] = [];
const host = fakeHost();
const context = {
  ...{ host, root: "/mnt/restore", manifest: { set: "s", layout: { version: 1, nodes: [] } } },
  reporter: { warn: (text: string) => void told.push(text), log() {} },
} as unknown as RestoreContext;

test("leaveMarker() says which request restored the machine, and nothing where none did", () => {
  leaveMarker(context);
  assert.is(host.files.size, 0);
  leaveMarker({ ...context, once: "request-1" });
  const marker = decodeMarker(host.files.get("/mnt/restore/boot/mondo-restored.json"));
  assert.equal(marker, { request: "request-1", set: "s", restored: 1000 });
  assert.equal(told, []);
});

test("leaveMarker() warns where it can't be left: the machine would be restored again", () => {
  const full = { ...host, write: () => assert.unreachable() as never };
  leaveMarker({ ...context, host: full, once: "request-1" });
  assert.match(told.join(), /this machine will be restored again/);
});

test("decodeMarker() takes nothing else for one", () => {
  for (const text of [undefined, "", "{}", "[1]", '{"request":1,"set":"s","restored":1}']) {
    assert.is(decodeMarker(text), undefined);
  }
});

test("restoredBefore() is no without a request, and for a set without a /boot to look at", async () => {
  assert.is(await restoredBefore(context), "no");
  assert.is(await restoredBefore({ ...context, once: "request-1" }), "no");
});

test.run();
