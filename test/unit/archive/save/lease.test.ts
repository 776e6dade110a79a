import { test } from "uvu";
import * as assert from "uvu/assert";
import { openUnleased, openUnleasedLater } from "../../../../src/archive/save/lease.ts";
import { Errno } from "../../../../src/host/syscalls.ts";

/** An open that succeeds at the given try. */
function heldUntil(success: number): { open(): number; tries(): number } {
  let tries = 0;
  return { open: () => (++tries < success ? -Errno.EAGAIN : 7), tries: () => tries };
}

test("openUnleased() tries until the lease is given up, and no longer than the kernel allows", async () => {
  for (const open of [openUnleased, openUnleasedLater]) {
    const given = heldUntil(4);
    assert.is(await open(given.open), 7);
    assert.is(given.tries(), 4);
    const kept = heldUntil(1e9);
    assert.is(await open(kept.open, -1.875), -Errno.EAGAIN);
    assert.is(kept.tries(), 1 + 7);
  }
});

test("openUnleased() waits for no other error", () => {
  let tries = 0;
  const open = () => {
    tries++;
    return -Errno.ENOENT;
  };
  assert.is(openUnleased(open), -Errno.ENOENT);
  assert.is(tries, 1);
});

test.run();
