import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { extractArchive } from "../../../../src/archive/extract/extract-archive.ts";
import type { Manifest } from "../../../../src/archive/set/manifest.ts";
import { readManifest } from "../../../../src/archive/set/read-manifest.ts";
import { MondoError } from "../../../../src/base/errors.ts";
import { type Reporter, silentReporter } from "../../../../src/base/report.ts";
import { linuxHost } from "../../../../src/host/linux.ts";
import { SpareSets, setWithId } from "../../../../src/init/medium/spare-sets.ts";
import { newNetworkSession } from "../../../../src/init/network/network-session.ts";
import type { Rescue } from "../../../../src/init/rescue.ts";
import { checkSet, whenToRead } from "../../../../src/restore/check-set.ts";
import type { RestoreContext } from "../../../../src/restore/context.ts";
import type { Reading } from "../../../../src/restore/reading.ts";
import { describeSources } from "../../../../src/restore/restore-report.ts";
import type { MountWish, Share, ShareDriver } from "../../../../src/shares/share-driver.ts";
import { shareDrivers } from "../../../../src/shares/share-drivers.ts";
import { saveSet } from "../../archive/saved-set.ts";

const test = suite("copies of a set on further servers");
const base = mkdtempSync(join(tmpdir(), "mondo-spare-"));
const at = (...names: string[]) => join(base, ...names);
const host = linuxHost();
const mounted: string[] = [];
let manifest: Manifest;

/** Shares `dir!/PATH` of this machine: they are mounted by a link. */
async function mountLink({ text }: Share, { target }: MountWish) {
  if (text.endsWith("away")) throw new MondoError("not-found", "the server does not answer");
  mounted.push(text);
  symlinkSync(text.slice("dir!".length), target);
  const unmount = async () => {
    rmSync(target);
    mounted.push("unmounted");
  };
  return { how: "linked", share: shareAt(text), unmount };
}

function shareAt(text: string): Share {
  const share: Share = {
    ...{ driver, text, name: text, server: "here" },
    below: (path) => shareAt(text + path),
    mount: (wish) => mountLink(share, wish),
  };
  return share;
}

const driver: ShareDriver = {
  ...{ protocol: "dir", syntax: ["dir!/PATH"], takes: "nothing", needs: { tools: [], modules: [] } },
  parse: (text) => (text.startsWith("dir!") ? shareAt(text) : undefined),
};
(shareDrivers as ShareDriver[]).push(driver);

test.before(async () => {
  mkdirSync(at("tree"));
  const noise = () => crypto.getRandomValues(new Uint8Array(65_536));
  for (let i = 10; i < 40; i++) writeFileSync(at("tree", `${i}`), Buffer.concat(Array.from({ length: 8 }, noise)));
  await saveSet(at("tree"), at("first"), { volumeBytes: 5 << 20, threads: 0 });
  manifest = readManifest(host, at("first", "manifest.json"));
  assert.ok(manifest.volumes.length >= 3);
  cpSync(at("first"), at("second"), { recursive: true });
  cpSync(at("first"), at("third/web1/full/2026-11-30T08-15-00/mondo"), { recursive: true });
  mkdirSync(at("empty"));
  const [one, two, three] = manifest.volumes.map(({ name }) => name);
  truncateSync(at("first", one ?? ""), 100);
  flip(at("first", two ?? ""));
  rmSync(at("first", three ?? ""));
  flip(at("second", two ?? ""));
});
test.after(() => rmSync(base, { recursive: true, force: true }));

function flip(path: string): void {
  const bytes = readFileSync(path);
  bytes[50] = (bytes[50] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

/** What is said of the first set, with copies there. */
async function check(spares: readonly string[]) {
  const said: string[] = [];
  const reporter: Reporter = { ...silentReporter, warn: (text) => void said.push(text) };
  const network = newNetworkSession({ pxe: true, pingCount: 1 });
  network.spares = spares;
  network.card = {} as typeof network.card;
  const rescue = { host, reporter, network, identity: {}, modules: {}, ask: {} } as unknown as Rescue;
  const sets = new SpareSets(rescue, manifest.set, { home: at("mnt") });
  const own = (name: string) => {
    const [path, stat] = [at("first", name), host.stat(at("first", name))];
    return stat && { path, offset: 0, sizeBytes: stat.sizeBytes };
  };
  const context = {
    ...{ host, reporter, manifest, setDirectory: at("first"), checkedMedia: new Set(), spares: sets, remarks: [] },
    locate: (name: string) => sets.withCopies(name, own(name)),
  } as unknown as RestoreContext;
  const outcome = await checkSet(context, "later", "before").catch((error: Error) => error.message);
  const from = manifest.volumes.map(({ name }) => context.locate?.(name)?.path.replace(`${base}/`, "").split("/")[0]);
  const held = readdirSync(base).filter((name) => name.startsWith("mnt-"));
  await network.detach();
  return { said, outcome, from, held };
}

test("each file that is damaged, cut or missing comes from the first server that has it whole", async () => {
  const { said, outcome, from, held } = await check([
    `dir!${at("away")}`,
    `dir!${at("empty")}`,
    `dir!${at("second")}`,
    `dir!${at("third")}`,
  ]);
  assert.is(outcome, "The backup is intact.");
  assert.equal(from.slice(0, 3), ["mnt-4", "mnt-5", "mnt-4"]);
  assert.equal(held, ["mnt-4", "mnt-5"], "one that holds other backups is let go of");
  assert.is(said.filter((text) => / is used instead$/.test(text)).length, 3);
  assert.ok(said.some((text) => /^The copy on dir!.*away can't be used: the server does not answer$/.test(text)));
  assert.ok(said.some((text) => /^The copy on dir!.*empty can't be used: it holds other backups$/.test(text)));
  assert.ok(said.some((text) => /second.* does not have the checksum|mnt-4.* does not have the checksum/.test(text)));
  assert.is(
    mounted.filter((text) => text === "unmounted").length,
    mounted.filter((text) => text !== "unmounted").length,
  );
});

/** A set of this machine with a damaged frame (or none), whose network is down; a server has a copy. */
async function restoreLocal(
  directory: string,
  {
    reading = "before",
    bringUp = async () => {},
  }: { readonly reading?: Reading; readonly bringUp?: () => Promise<void> },
) {
  const said: string[] = [];
  const remarks: string[] = [];
  let timesUp = 0;
  const reporter: Reporter = { ...silentReporter, warn: (text) => void said.push(text) };
  const network = newNetworkSession({ pxe: false, pingCount: 1 });
  network.spares = [`dir!${at("third")}`, `dir!${at("away")}`];
  const rescue = { host, reporter, network, identity: {}, modules: {}, ask: {} } as unknown as Rescue;
  const sets = new SpareSets(rescue, manifest.set, {
    home: at("mnt"),
    bringUp: async () => {
      timesUp += 1;
      await bringUp();
    },
  });
  const own = (name: string) => {
    const [path, stat] = [at(directory, name), host.stat(at(directory, name))];
    return stat && { path, offset: 0, sizeBytes: stat.sizeBytes };
  };
  const locate = (name: string) => sets.withCopies(name, own(name));
  const whole = {
    host,
    reporter,
    manifest,
    setDirectory: at(directory),
    checkedMedia: new Set(),
    spares: sets,
    locate,
    remarks,
  };
  const context = whole as unknown as RestoreContext;
  const checked = await checkSet(context, "later", reading).catch((error: Error) => error.message);
  const target = mkdtempSync(at("out-"));
  const files = { directory: at(directory), manifest, target, threads: 0, locate, remarks };
  const { problems, damagedFiles, elsewhere } = await extractArchive(files, silentReporter);
  await network.detach();
  const names = new Map([...sets.taken()].map(([name, place]) => [name, place.replace(base, "")]));
  const sources = describeSources(elsewhere, manifest.volumes, sets.taken()).map((text) => text.replace(base, ""));
  return { said, remarks, timesUp, checked, problems, damagedFiles, names, sources };
}

const second = "volume-0002.tar.zst";

test("a set of this machine with a damaged frame: the volume comes from a server, and everything is restored", async () => {
  cpSync(at("third/web1/full/2026-11-30T08-15-00/mondo"), at("local"), { recursive: true });
  flip(at("local", second));
  const { said, remarks, timesUp, checked, problems, damagedFiles, names, sources } = await restoreLocal("local", {});
  assert.equal([timesUp, checked, problems, damagedFiles], [1, "The backup is intact.", [], 0]);
  assert.equal(names, new Map([[second, "dir!/third"]]));
  const used = said.find((text) => text.endsWith("is used instead")) ?? "";
  assert.match(
    used,
    /local\/volume-0002\.tar\.zst does not have the checksum .*: that on dir!.*third is used instead$/,
  );
  assert.equal(remarks, [used]);
  assert.match(sources.join(), /^1 of \d+ volumes came, in part or whole, from dir!\/third$/);
});

test("a set of this machine that is whole leaves the network alone", async () => {
  const { timesUp, checked, said, names } = await restoreLocal("third/web1/full/2026-11-30T08-15-00/mondo", {});
  assert.equal([timesUp, checked, said, names.size], [0, "The backup is intact.", [], 0]);
});

test("read once: the copies of a set of this machine are at hand before the first frame is", async () => {
  const { timesUp, problems, damagedFiles, sources } = await restoreLocal("local", { reading: "during" });
  assert.equal([timesUp, problems, damagedFiles, sources.length], [1, [], 0, 1]);
});

test("a set of this machine that is damaged, and a network that does not come up, is refused with both reasons", async () => {
  const bringUp = async () => {
    throw new MondoError("not-found", "no card has a cable");
  };
  const { timesUp, checked, said, problems } = await restoreLocal("local", { bringUp });
  assert.is(timesUp, 1);
  assert.match(checked, /volume-0002\.tar\.zst does not have the checksum/);
  assert.ok(said.some((text) => /^The copy on dir!.*third can't be used: no card has a cable$/.test(text)));
  assert.ok(problems.length > 0);
});

test("what no server has whole is refused as ever", async () => {
  const { outcome } = await check([`dir!${at("second")}`]);
  assert.match(outcome, new RegExp(`${manifest.volumes[1]?.name} does not have the checksum`));
});

test("a set with copies is read before the first write, on blank disks, too", () => {
  assert.is(whenToRead({ reporter: silentReporter }, true), "during");
  assert.is(
    whenToRead(
      {
        reporter: silentReporter,
        spares: { reach: async () => {}, take: async () => undefined, taken: () => new Map() },
      },
      true,
    ),
    "before",
  );
});

test("setWithId() takes no other set, whatever it is called", () => {
  assert.is(setWithId(host, at("third"), manifest.set)?.manifest.set, manifest.set);
  assert.is(setWithId(host, at("third"), crypto.randomUUID()), undefined);
});

test.run();
