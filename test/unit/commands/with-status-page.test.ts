import { test } from "uvu";
import * as assert from "uvu/assert";
import { isDone } from "../../../src/commands/with-status-page.ts";
import { anyAddress } from "../../../src/host/serve-https.ts";

test("a backup with problems is done, one with differences is not", () => {
  assert.equal([0, 1, 3, 4, 10].map(isDone), [true, false, true, false, false]);
});

test("where the kernel has no IPv6 the page is served by IPv4", () => {
  assert.is(
    anyAddress(() => true),
    "::",
  );
  assert.is(
    anyAddress(() => false),
    "0.0.0.0",
  );
});

test.run();
