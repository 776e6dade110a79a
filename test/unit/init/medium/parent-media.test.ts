import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type OpenSet, openSet } from "../../../../src/archive/set/open-set.ts";
import { MondoError } from "../../../../src/base/errors.ts";
import { silentReporter } from "../../../../src/base/report.ts";
import { linuxHost } from "../../../../src/host/linux.ts";
import type { Medium } from "../../../../src/init/medium/mounted-medium.ts";
import { addParents } from "../../../../src/init/medium/parent-media.ts";
import type { Rescue } from "../../../../src/init/rescue.ts";
import type { RestoreContext } from "../../../../src/restore/context.ts";
import { shell } from "../../archive/odd-tree.ts";
import { saveSet } from "../../archive/saved-set.ts";

const base = mkdtempSync(join(tmpdir(), "mondo-parents-"));
test.after(() => rmSync(base, { recursive: true, force: true }));
const place = (name: string) => join(base, name);
const sets: OpenSet[] = [];

test.before(async () => {
  for (const name of ["tree", "full", "later", "share"]) mkdirSync(place(name));
  shell(place("tree"), "seq 1000 > kept; sleep 3.1");
  const full = await saveSet(place("tree"), place("full/mondo"));
  shell(place("tree"), "echo new > new");
  sets.push(full, await saveSet(place("tree"), place("later/mondo"), { parent: full }));
  shell(base, "xorriso -as mkisofs -quiet -V MONDO -R -iso-level 3 -o full.iso full");
  renameSync(place("full"), place("hidden"));
});

/** A rescue whose only device besides the medium's is the named file, and what it asks a person. */
function rescueWith(device: string | undefined, beside?: string, answer: () => string = () => "back") {
  const asked: string[] = [];
  const host = linuxHost();
  const set = openSet(host, place("later"));
  const list = (path: string) =>
    path !== "/sys/class/block" ? host.list(path) : device === undefined ? [] : [`..${device}`];
  const about = { setDirectory: place("later/mondo"), name: "sr0", drive: undefined, carriers: ["/dev/sr0"] };
  const medium: Medium = { ...about, manifest: set.manifest, ...(beside === undefined ? {} : { beside }) };
  const menu = async (text: string) => {
    asked.push(text);
    return answer();
  };
  const rescue = {
    ...{ host: { ...host, list }, medium, reporter: silentReporter, log: () => {} },
    consoles: { write: (text: string) => asked.push(text) },
    ask: { menu },
  } as unknown as Rescue;
  const context = {
    ...{ host: rescue.host, manifest: set.manifest, setDirectory: medium.setDirectory, carriers: medium.carriers },
  } as unknown as RestoreContext;
  return { rescue, context, asked };
}

const id = () => sets[0]?.manifest.set ?? "none";

function requireParentVolumes(context: RestoreContext, iso: string): void {
  const name = `${id()}/volume-0001.tar.zst`;
  assert.is(context.manifest.volumes[0]?.name, name);
  assert.match(context.locate?.(name)?.path ?? "nowhere", iso);
  assert.ok(context.needed?.some((volume) => volume.name === name));
}

test("addParents() finds the parent on another device, which is never written to then", async () => {
  const { rescue, context } = rescueWith(place("full.iso"));
  const whole = await addParents(rescue, context, false);
  requireParentVolumes(whole, "full.iso");
  assert.ok(whole.carriers.includes("/dev/sr0"));
  assert.ok(whole.carriers.includes(`/dev/..${place("full.iso")}`));
});

test("addParents() finds the parent on the medium's share, whatever it is called", async () => {
  renameSync(place("full.iso"), place("share/monday.iso"));
  const { rescue, context } = rescueWith(undefined, place("share"));
  const whole = await addParents(rescue, context, false);
  requireParentVolumes(whole, "monday.iso");
  assert.equal(whole.carriers, ["/dev/sr0"]);
  renameSync(place("share/monday.iso"), place("full.iso"));
});

test("addParents() without the parent names it and asks nobody", async () => {
  renameSync(place("full.iso"), place("away"));
  const { rescue, context, asked } = rescueWith(undefined);
  try {
    await addParents(rescue, context, false);
    assert.unreachable();
  } catch (error) {
    assert.ok(error instanceof MondoError);
    assert.is(error.code, "not-found");
    assert.match(error.message, /sr0 builds on p-1\.iso, the full backup of h of/);
  }
  assert.equal(asked, []);
  renameSync(place("away"), place("full.iso"));
});

test("addParents() of interactive mode looks again when somebody has inserted the parent", async () => {
  renameSync(place("full.iso"), place("away"));
  const insert = () => {
    if (existsSync(place("away"))) renameSync(place("away"), place("full.iso"));
    return "again";
  };
  const { rescue, context, asked } = rescueWith(place("full.iso"), undefined, insert);
  requireParentVolumes(await addParents(rescue, context, true), "full.iso");
  assert.is(asked.filter((text) => text === "What shall be done?").length, 1);
});

test("addParents() leaves a full backup as it is and looks nowhere", async () => {
  const { rescue, context } = rescueWith(undefined);
  const full = { ...context, manifest: sets[0]?.manifest ?? context.manifest };
  assert.is(await addParents({ ...rescue, host: {} as Rescue["host"] }, full, false), full);
});

test.run();
