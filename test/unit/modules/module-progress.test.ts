import { test } from "uvu";
import * as assert from "uvu/assert";
import { ModuleProgress } from "../../../src/modules/module-progress.ts";
import { fakeHost } from "../../support/fake-host.ts";

function progressAt() {
  let now = 0;
  const lines: string[] = [];
  const sleep = async (ms: number) => {
    now += ms;
  };
  const host = { ...fakeHost(), nowMs: () => now, sleep };
  return { lines, progress: new ModuleProgress(host, (text) => lines.push(text)), pass: sleep };
}

test("it is quiet only when the thread is idle: a driver that probes says nothing", async () => {
  const { progress, pass } = progressAt();
  progress.take({ kind: "busy", what: "loading megaraid.ko" });
  await pass(5000);
  assert.equal([progress.quietMs, progress.doing], [0, "loading megaraid.ko"]);
  progress.take({ kind: "idle" });
  assert.is(progress.quietMs, 5000);
  progress.take({ kind: "activity", what: "new block devices: sda" });
  assert.is(progress.quietMs, 0);
});

test("settle() waits for calm, and gives up at its limit or when the thread has failed", async () => {
  const { progress } = progressAt();
  assert.not.ok(await progress.settle(100, 1000));
  progress.take({ kind: "idle" });
  assert.ok(await progress.settle(100, 1000));
  progress.take({ kind: "ended", text: "out of memory" });
  assert.ok(progress.hasEnded);
  assert.not.ok(await progress.settle(100, 1000));
});

test("an outcome is logged once, and one that changes nothing is not", () => {
  const { progress, lines } = progressAt();
  const loaded = { module: "ahci", result: "loaded" } as const;
  for (const _ of [1, 2]) progress.take({ kind: "outcome", outcome: loaded, modalias: "pci:v1", tookMs: 7 });
  const present = { module: "loop", result: "present" } as const;
  progress.take({ kind: "outcome", outcome: present, modalias: "", tookMs: 0 });
  assert.equal(lines, ["module ahci loaded in 7 ms pci:v1"]);
  assert.is(progress.outcomes.get("loop"), present);
});

test.run();
