import { test } from "uvu";
import * as assert from "uvu/assert";
import { describeProgress, observe, type Speed } from "../../../src/ui/speed.ts";

const at = (done: number) => ({ label: "archive", done, total: 100 * 1024 * 1024, unit: "bytes" as const });

test("describeProgress() gives share, speed and time left from the last seconds", () => {
  let speed: Speed | undefined;
  for (let second = 0; second <= 10; second += 1) speed = observe(speed, at(second * 5 * 1024 * 1024), second * 1000);
  assert.is(
    describeProgress(at(50 * 1024 * 1024), speed as Speed),
    "archive  50 %  50.0 MiB of 100 MiB, 5.0 MiB/s, 0:10 left",
  );
});

test("observe() forgets readings older than its window and starts over with a new label", () => {
  let speed = observe(undefined, at(0), 0);
  speed = observe(speed, at(10), 60_000);
  assert.is(speed.samples.length, 1);
  assert.is(observe(speed, { ...at(1), label: "verify" }, 61_000).samples.length, 1);
});

test("describeProgress() says nothing of time while nothing is known", () => {
  const speed = observe(undefined, { ...at(0), total: 0 }, 0);
  assert.is(describeProgress({ ...at(0), total: 0 }, speed), "archive  0 B");
});

test.run();
