import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import type { Rescue } from "../../../src/init/rescue.ts";
import { runPhases } from "../../../src/init/run-phases.ts";
import { parseBootOptions } from "../../../src/init/words/boot-options.ts";
import { fakeHost } from "../../support/fake-host.ts";

/** A rescue on a machine without media, whose person gives these answers to menus in turn. */
function rescueWith(words: string, ...answers: readonly string[]) {
  const left = [...answers];
  const [warned, asked, shown]: [string[], string[], string[]] = [[], [], []];
  let now = 0;
  const sleep = async (ms: number) => {
    now += ms;
  };
  const host = { ...fakeHost(), nowMs: () => now, sleep };
  const rescue = {
    host,
    options: parseBootOptions(words),
    identity: {},
    network: { wishes: {} },
    log() {},
    reporter: { info() {}, step() {}, warn: (text: string) => warned.push(text) },
    consoles: { write: (text: string) => shown.push(text), onKeys: () => () => {}, drain: async () => {} },
    ask: {
      async menu(text: string) {
        asked.push(text);
        const answer = left.shift();
        if (answer === undefined) throw new Error("nobody answers any more");
        return answer;
      },
    },
    modules: {
      load: async () => ({}),
      settle: async () => true,
      quietMs: () => now,
      doing: () => "",
      driverless: async () => [],
      outcomes: new Map(),
    },
  };
  return { rescue: rescue as unknown as Rescue, warned, asked, shown };
}

test("runPhases() lets a person try a phase again, and go on without it", async () => {
  const { rescue, asked, shown } = rescueWith("interactive", "again", "skip");
  await runPhases(rescue);
  assert.equal(asked, ["What shall be done?", "What shall be done?"]);
  assert.is(shown.filter((text) => text.includes("! Could not find the medium with the set:")).length, 2);
});

test("runPhases() only reports in expert mode that there is no medium", async () => {
  const { rescue, asked, warned } = rescueWith("expert nuke");
  await runPhases(rescue);
  assert.equal(asked, []);
  assert.match(warned[0] ?? "", /^Boot word nuke: ignored, because expert is given, too/);
  assert.ok(warned.some((text) => text.startsWith("no backup set was found:")));
});

test("runPhases() hands on that nobody can be asked", async () => {
  const error = await runPhases(rescueWith("nuke").rescue).catch((e) => e);
  assert.not.instance(error, MondoError);
  assert.is((error as Error).message, "nobody answers any more");
});

test.run();
