import { test } from "uvu";
import * as assert from "uvu/assert";
import { Pool } from "../../../src/archive/pool.ts";
import { TaskQueue } from "../../../src/archive/task-queue.ts";

/** A pool that works on this thread: doubles numbers, and fails at 13. */
function doubling(): Pool<undefined, number, number> {
  return new Pool("none", undefined, 0, () => ({
    run: (task: number) => {
      if (task === 13) throw new Error("thirteen");
      return { result: task * 2 };
    },
    close: () => {},
  }));
}

test("TaskQueue takes results in the order of the tasks, and never has more than the pool's window under way", async () => {
  const pool = doubling();
  const taken: [number, string][] = [];
  const queue = new TaskQueue<number, number, string>(pool, (result, about) => void taken.push([result, about]));
  for (let i = 1; i <= 5; i++) {
    await queue.add(i, `task ${i}`);
    assert.is(taken.length, Math.max(0, i - pool.window));
  }
  await queue.finish();
  assert.equal(
    taken,
    [1, 2, 3, 4, 5].map((i) => [i * 2, `task ${i}`]),
  );
});

test("TaskQueue rejects with the error of a task when its turn comes, and takes nothing of an abandoned one", async () => {
  const taken: number[] = [];
  const queue = new TaskQueue<number, number>(doubling(), (result) => void taken.push(result));
  await queue.add(13, undefined);
  const failed = await queue.finish().then(
    () => "no error",
    (error: unknown) => (error as Error).message,
  );
  assert.is(failed, "thirteen");
  await queue.abandon();
  assert.equal(taken, []);
});

test.run();
