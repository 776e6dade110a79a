import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Consoles } from "../../../src/ui/consoles.ts";
import { countdown } from "../../../src/ui/countdown.ts";
import { fakeHost } from "../../support/fake-host.ts";

/** Consoles on which `typed` is pressed when the countdown has shown something `after` times. */
function fakeConsoles(typed: Uint8Array, after: number): Consoles & { shown: string } {
  let listener: ((bytes: Uint8Array) => void) | undefined;
  let writes = 0;
  return {
    shown: "",
    paths: [],
    columns: 80,
    write(text) {
      this.shown += text;
      writes += 1;
      if (writes === after) listener?.(typed);
    },
    onKeys(next) {
      listener = next;
      return () => {
        listener = undefined;
      };
    },
    lastUsed: () => "",
    hold: () => undefined,
    suspend() {},
    resume() {},
    drain: async () => {},
    close() {},
  };
}

test("countdown() elapses, counting down to one", async () => {
  const consoles = fakeConsoles(new Uint8Array(0), -1);
  assert.is(await countdown(fakeHost(), consoles, 3, "Erasing in"), "elapsed");
  assert.match(consoles.shown, /3 s[\s\S]*2 s[\s\S]*1 s/);
});

test("countdown() is stopped by any key, but not by the NUL of a noisy line", async () => {
  assert.is(await countdown(fakeHost(), fakeConsoles(new Uint8Array([32]), 2), 20, "x"), "stopped");
  assert.is(await countdown(fakeHost(), fakeConsoles(new Uint8Array([27, 91, 65]), 2), 20, "x"), "stopped");
  assert.is(await countdown(fakeHost(), fakeConsoles(new Uint8Array([0, 0]), 2), 20, "x"), "elapsed");
});

test("countdown() that is ended from elsewhere stops, and throws why", async () => {
  const ending = new AbortController();
  const reason = new Error("from elsewhere");
  const host = fakeHost();
  const consoles = fakeConsoles(new Uint8Array(0), -1);
  host.after(1500, () => ending.abort(reason));
  assert.is(await countdown(host, consoles, 20, "x", ending.signal).catch((error: unknown) => error), reason);
  assert.match(consoles.shown, /19 s \(any key stops it\) \nStopped\.\n$/);
});

test("countdown() leaves a text that is too long for a row alone, and counts below it", async () => {
  const text = `Tout ce qui est sur ${"/dev/sda, ".repeat(6)}sera EFFACÉ, dans`;
  const consoles = fakeConsoles(new Uint8Array(0), -1);
  assert.is(await countdown(fakeHost(), consoles, 3, text), "elapsed");
  assert.is(consoles.shown.split("EFFACÉ").length, 2, "it stands there once");
  for (const row of consoles.shown.split(/[\r\n]+/).slice(1)) assert.ok(row.length < 80, row);
  assert.match(consoles.shown, /3 s[\s\S]*2 s[\s\S]*1 s/);
});

test.run();
