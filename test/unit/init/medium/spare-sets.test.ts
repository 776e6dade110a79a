import {
  cpSync,
  mkdirSync,
  mkdtempSync,
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
  const rescue = { host, reporter, network, identity: {}, modules: {}, ask: {} } as unknown as Rescue;
  const sets = new SpareSets(rescue, manifest.set, false, at("mnt"));
  const own = (name: string) => {
    const [path, stat] = [at("first", name), host.stat(at("first", name))];
    return stat && { path, offset: 0, sizeBytes: stat.sizeBytes };
  };
  const context = {
    ...{ host, reporter, manifest, setDirectory: at("first"), checkedMedia: new Set(), spares: sets },
    locate: (name: string) => sets.withCopies(name, own(name)),
  } as unknown as RestoreContext;
  const outcome = await checkSet(context, "later", "before").catch((error: Error) => error.message);
  const from = manifest.volumes.map(({ name }) => context.locate?.(name)?.path.replace(`${base}/`, "").split("/")[0]);
  await network.detach();
  return { said, outcome, from };
}

test("each file that is damaged, cut or missing comes from the first server that has it whole", async () => {
  const { said, outcome, from } = await check([
    `dir!${at("away")}`,
    `dir!${at("empty")}`,
    `dir!${at("second")}`,
    `dir!${at("third")}`,
  ]);
  assert.is(outcome, "The backup is intact.");
  assert.equal(from.slice(0, 3), ["mnt-4", "mnt-5", "mnt-4"]);
  assert.is(said.filter((text) => / is used instead$/.test(text)).length, 3);
  assert.ok(said.some((text) => /^The copy on dir!.*away can't be used: the server does not answer$/.test(text)));
  assert.ok(said.some((text) => /^The copy on dir!.*empty can't be used: it holds other backups$/.test(text)));
  assert.ok(said.some((text) => /second.* does not have the checksum|mnt-4.* does not have the checksum/.test(text)));
  assert.is(
    mounted.filter((text) => text === "unmounted").length,
    mounted.filter((text) => text !== "unmounted").length,
  );
});

test("what no server has whole is refused as ever", async () => {
  const { outcome } = await check([`dir!${at("second")}`]);
  assert.match(outcome, new RegExp(`${manifest.volumes[1]?.name} does not have the checksum`));
});

test("a set with copies is read before the first write, on blank disks, too", () => {
  assert.is(whenToRead({}, true), "during");
  assert.is(
    whenToRead({ spares: { reach: async () => {}, take: async () => undefined, taken: () => new Map() } }, true),
    "before",
  );
});

test("setWithId() takes no other set, whatever it is called", () => {
  assert.is(setWithId(host, at("third"), manifest.set)?.manifest.set, manifest.set);
  assert.is(setWithId(host, at("third"), crypto.randomUUID()), undefined);
});

test.run();
