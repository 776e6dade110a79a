import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeManifest } from "../../../src/archive/set/manifest.ts";
import { silentReporter } from "../../../src/base/report.ts";
import type { Medium } from "../../../src/init/medium/mounted-medium.ts";
import { newNetworkSession } from "../../../src/init/network/network-session.ts";
import type { Rescue } from "../../../src/init/rescue.ts";
import { restoreContext } from "../../../src/init/restore-context.ts";
import { parseBootOptions } from "../../../src/init/words/boot-options.ts";
import { emptyManifest } from "../../support/empty-manifest.ts";
import { fakeHost } from "../../support/fake-host.ts";

const test = suite("restoreContext()");

/** What is asked for copies of a set that was found there. */
async function sparesOf(words: string, on: Medium["on"], before: readonly string[] = []) {
  const host = fakeHost();
  const manifest = decodeManifest(emptyManifest("alpha"), "alpha");
  const options = parseBootOptions(words);
  const network = newNetworkSession(options.network);
  network.spares = before;
  let detached = 0;
  network.detach = async () => {
    detached += 1;
  };
  const medium = { setDirectory: "/mnt/set", carriers: [], manifest, reopen: () => ({ locate: () => undefined }) };
  const rescue = {
    ...{ host, reporter: silentReporter, options, manifest, network, sticks: new Set(), log() {} },
    medium: { ...medium, ...(on ? { on } : {}) },
  } as unknown as Rescue;
  const again = async () => {
    const { spares, lastReading } = await restoreContext(rescue);
    return { asked: network.spares, isUsed: spares !== undefined, detached, lastReading };
  };
  return { ...(await again()), again };
}

test("a set on a disk of this machine has copies on the servers that are named", async () => {
  const { asked, isUsed, again } = await sparesOf("mondo.source=UUID=1-2:/ mondo.source=nas:/b", undefined);
  assert.equal([asked, isUsed], [["nas:/b"], true]);
  const second = await again();
  assert.is(second.asked, asked, "servers that were reached stay mounted");
  assert.is((await sparesOf("mondo.source=UUID=1-2:/", undefined)).isUsed, false);
});

test("where a disc is found, the place that it was written to is asked first", async () => {
  const { asked } = await sparesOf("mondo.source=nas:/first mondo.source=nas:/second", undefined);
  assert.equal(asked, ["nas:/first", "nas:/second"]);
  assert.is((await sparesOf("mondo.source=nas:/first", undefined)).isUsed, false);
});

test("another set's servers are let go of, and a tape is read alone", async () => {
  const { asked, isUsed, detached } = await sparesOf("mondo.source=nas:/a mondo.source=nas:/b", "tape", ["web:/x"]);
  assert.equal([asked, isUsed, detached], [[], false, 1]);
});

test("a note of an earlier reading is looked for beside files, not on tape, and one that is missing tells why", async () => {
  assert.is((await sparesOf("", "tape")).lastReading, undefined);
  const { lastReading } = await sparesOf("", undefined);
  assert.ok(lastReading);
  assert.ok("why" in lastReading());
});

test.run();
