/**
 * A program for a network namespace of its own: bun test/support/two-servers-run.ts BASE CASE
 * Extracts the set in BASE/first, a directory of a web server, to BASE/out-CASE; another one serves BASE/second.
 *   dies      the first server is killed in the middle, for good
 *   pauses    so are both; the second one comes back after a while, of a set that must be signed
 *   damaged   both stay
 * Prints what came of it as JSON.
 */
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { extractArchive } from "../../src/archive/extract/extract-archive.ts";
import { openSet } from "../../src/archive/set/open-set.ts";
import { type Reporter, silentReporter } from "../../src/base/report.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { SpareSets } from "../../src/init/medium/spare-sets.ts";
import { newNetworkSession } from "../../src/init/network/network-session.ts";
import type { Rescue } from "../../src/init/rescue.ts";
import { parseShare } from "../../src/shares/share-words.ts";

const [base = "", what = ""] = process.argv.slice(2);
const host = linuxHost();
const modules = { require: async () => {} };

function serve(directory: string, port: number) {
  const argv = [join(import.meta.dirname, "web-server.ts"), join(base, directory), `${port}`];
  return spawn(process.execPath, argv, { stdio: "ignore" });
}

const first = serve("first", 80);
let second = serve("second", 81);
await Bun.sleep(1500);

const said: string[] = [];
const reporter: Reporter = { ...silentReporter, warn: (text) => void said.push(text) };
const wishes = { pxe: true, pingCount: 5, spares: ["http://127.0.0.1:81"] };
const network = newNetworkSession(wishes);
network.spares = wishes.spares;
network.card = {} as typeof network.card;
const rescue = { host, reporter, network, identity: {}, modules, ask: {} } as unknown as Rescue;
const share = parseShare("http://127.0.0.1");
const mounted = await share?.mount({
  ...{ host, modules, target: join(base, "mnt"), access: "read", tries: 5, patienceMs: 2000 },
  ...{ person: rescue.ask as never, ownConfiguration: false, expected: "manifest.json" },
});
const { manifest, locate } = openSet(host, join(base, "mnt"));
const spans = new Map([manifest.catalog, ...manifest.volumes].map(({ name }) => [name, locate(name)]));
const catalog = join(base, `catalog-${what}`);
host.copy(join(base, "mnt", manifest.catalog.name), catalog);
spans.set(manifest.catalog.name, { path: catalog, offset: 0, sizeBytes: manifest.catalog.sizeBytes });
const spares = new SpareSets(rescue, manifest.set, { isSigned: what === "pauses", home: join(base, "mnt") });
await spares.reach(manifest, true);
const target = join(base, `out-${what}`);
mkdirSync(target);
let placed = 0;

function cut(): void {
  placed += 1;
  if (placed !== 1 || what === "damaged") return;
  first.kill("SIGKILL");
  if (what !== "pauses") return;
  second.kill("SIGKILL");
  setTimeout(() => {
    second = serve("second", 81);
  }, 4000);
}

const result = await extractArchive(
  {
    ...{ directory: join(base, "mnt"), manifest, target, threads: 2, onPlaced: cut },
    locate: (name) => spares.withCopies(name, spans.get(name)),
  },
  reporter,
);
const { problems, elsewhere, entries } = result;
process.stdout.write(`${JSON.stringify({ problems, elsewhere, entries, said })}\n`);
for (const server of [first, second]) server.kill("SIGKILL");
await network.detach();
await mounted?.unmount();
process.exit(0);
