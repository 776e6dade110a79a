import { inspect } from "node:util";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Secret } from "../../../src/base/secret.ts";

test("a Secret shows itself to nobody who does not ask for it", () => {
  const secret = Secret.ofText("correct horse");
  const shown = [`${secret}`, JSON.stringify({ secret }), inspect({ secret }, { depth: 9, showHidden: true })];
  for (const text of [...shown, Bun.inspect({ secret }), String(Object.values(secret))]) {
    assert.not.match(text, /correct|99, ?111/);
  }
  assert.is(Buffer.from(secret.reveal()).toString(), "correct horse");
});

test("Secret.equals() compares bytes", () => {
  assert.ok(Secret.ofText("a").equals(Secret.ofText("a")));
  assert.not.ok(Secret.ofText("a").equals(Secret.ofText("ab")));
  assert.not.ok(Secret.ofText("a").equals(Secret.ofText("b")));
  assert.ok(Secret.ofText("").isEmpty);
});

test.run();
