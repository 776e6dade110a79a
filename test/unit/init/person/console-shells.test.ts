import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../../src/base/errors.ts";
import { ConsoleShells } from "../../../../src/init/person/console-shells.ts";
import { fakeHost } from "../../../support/fake-host.ts";

/** Shells that end when the test says so; what happens is a list of words. */
function shellsOf() {
  const said: string[] = [];
  const keys: { listener: ((bytes: Uint8Array) => void) | undefined; lastUsed: string } = {
    ...{ listener: undefined, lastUsed: "tty1" },
  };
  const press = (terminal: string, key: string) => {
    keys.lastUsed = terminal;
    keys.listener?.(new TextEncoder().encode(key));
  };
  const running = new Map<string, { end: (status: number) => void; fail: (error: Error) => void }>();
  const parts = {
    host: fakeHost(),
    consoles: {
      suspend: (path: string) => void said.push(`suspend ${path}`),
      resume: (path: string) => void said.push(`resume ${path}`),
      onKeys(listener: (bytes: Uint8Array) => void) {
        keys.listener = listener;
        return () => {
          keys.listener = undefined;
        };
      },
      lastUsed: () => keys.lastUsed,
    },
    wait: async () => 0,
    warn: (text: string) => void said.push(text),
    meanwhile() {
      said.push("begin");
      return () => void said.push("stop");
    },
  };
  const shells = new ConsoleShells(parts, (_, terminal) => {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    running.set(terminal, { end: resolve, fail: reject });
    return promise;
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const end = async (terminal: string) => {
    running.get(terminal)?.end(0);
    await turn();
  };
  return { shells, said, end, turn, running, press };
}

test("ConsoleShells opens one on each console; when one ends, the others stay", async () => {
  const { shells, said, end } = shellsOf();
  for (const terminal of ["tty1", "ttyS0", "tty1"]) shells.open(terminal);
  assert.equal(said, ["begin", "suspend tty1", "suspend ttyS0"]);
  let ended = 0;
  const wait = () => void shells.untilOneEnds().then(() => (ended += 1));
  wait();
  await end("ttyS0");
  assert.is(ended, 1);
  assert.equal(said.slice(3), ["resume ttyS0"]);
  wait();
  shells.open("ttyS0");
  await end("tty1");
  await end("ttyS0");
  assert.is(ended, 2, "each waits for one end");
  assert.equal(said.slice(4), ["suspend ttyS0", "resume tty1", "resume ttyS0", "stop"]);
});

test("ConsoleShells opens one where the person sits, and on each console where Enter is pressed meanwhile", async () => {
  const { shells, said, end, turn, press } = shellsOf();
  let ended = false;
  void shells.openOn(["tty1"]).then(() => {
    ended = true;
  });
  press("ttyS0", "x");
  press("ttyS0", "\r");
  press("ttyS0", "\n");
  assert.equal(said, ["begin", "suspend tty1", "suspend ttyS0"]);
  assert.ok(shells.isAnyOpen);
  await end("tty1");
  await turn();
  assert.is(ended, true);
  press("tty2", "\r");
  assert.equal(said.slice(3), ["resume tty1"], "afterwards keys are the menu's again");
  assert.ok(shells.isAnyOpen, "the other one stays");
  await end("ttyS0");
  assert.not(shells.isAnyOpen);
});

test("ConsoleShells says why there is no shell, and gives the console back", async () => {
  const { shells, said, turn, running } = shellsOf();
  let ended = false;
  shells.open("tty1");
  void shells.untilOneEnds().then(() => {
    ended = true;
  });
  running.get("tty1")?.fail(new MondoError("tool-missing", "there is no shell"));
  await turn();
  assert.is(ended, true);
  assert.equal(said.slice(2), ["No shell on tty1: there is no shell", "resume tty1", "stop"]);
});

test.run();
