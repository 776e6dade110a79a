import { test } from "uvu";
import * as assert from "uvu/assert";
import { describeExit, spawnSession, waitFor } from "../../../src/host/spawn.ts";

test("describeExit() tells codes from signals", () => {
  assert.is(describeExit(3 << 8), "ended with exit code 3");
  assert.is(describeExit(11), "was ended by a segmentation fault");
  assert.is(describeExit(0x80 | 6), "was ended by abort");
  assert.is(describeExit(10), "was ended by signal 10");
});

test("spawnSession() starts a program with its arguments, environment and directory, and waitFor() gives its status", async () => {
  const output = `/tmp/mondo-spawn-test-${process.pid}`;
  const pid = spawnSession({
    path: "/bin/sh",
    argv: ["sh", "-c", 'echo "$0 $WORD $PWD"; exit 7', "zero"],
    env: { WORD: "two words" },
    cwd: "/usr",
    outputFile: output,
  });
  let ended = waitFor(pid);
  while (!ended) {
    await Bun.sleep(5);
    ended = waitFor(pid);
  }
  assert.is(describeExit(ended.status), "ended with exit code 7");
  assert.is(await Bun.file(output).text(), "zero two words /usr\n");
  await Bun.file(output).delete();
});

test("spawnSession() throws not-found for a program that isn't there", () => {
  assert.throws(() => spawnSession({ path: "/nonexistent", argv: ["x"], env: {} }), /start \/nonexistent/);
});

test.run();
