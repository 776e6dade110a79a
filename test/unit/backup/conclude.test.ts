import { test } from "uvu";
import * as assert from "uvu/assert";
import { conclude } from "../../../src/backup/conclude.ts";
import type { BackupResult } from "../../../src/backup/destination/destination.ts";

/** What happened, in order. */
async function order(isRemembered: boolean): Promise<readonly string[]> {
  const done: string[] = [];
  const removeOld = async () => void done.push("remove");
  const remember = () => {
    done.push("remember");
    return isRemembered;
  };
  const reporter = { warn: (text: string) => void done.push(text) };
  const result = await conclude({ made: [], removeOld } as unknown as BackupResult, remember, reporter);
  assert.equal(result, { made: [], isKnown: isRemembered });
  return done;
}

test("older backups go when the next one is known to build on the new one, not before", async () => {
  assert.equal(await order(true), ["remember", "remove"]);
});

test("where that can't be remembered they stay", async () => {
  const [first, second, ...more] = await order(false);
  assert.is(first, "remember");
  assert.match(second ?? "", /^All older backups stay: /);
  assert.equal(more, []);
});

test.run();
