/**
 * In User-Mode Linux, as root: a database of PostgreSQL on a logical volume is backed up while it is written to, once
 * from a snapshot and once live, and started from what was restored. Prints what came out, as one line of JSON.
 * Arguments: the hook for PostgreSQL.
 */
import { spawn } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { extractArchive } from "../../src/archive/extract/extract-archive.ts";
import { type View, withView } from "../../src/backup/snapshot/with-view.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { findHooks } from "../../src/run/find-hooks.ts";
import { saveSet } from "../unit/archive/saved-set.ts";
import { attachLoop, scratch, sh } from "./loop-disk.ts";
import { attempt } from "./shell.ts";
import { listening, viewWish } from "./snapshot-lab.ts";
import { ext4, layoutOf, lvm } from "./volume-lab.ts";

const BASE = "/usr/lib/postgresql";
const bin = join(BASE, readdirSync(BASE).sort().at(-1) ?? "", "bin");
const data = "/srv/pg/data";
const host = linuxHost();
const heard = listening();
const work = scratch();
const sockets = "/run/postgresql";

const asUser = (...words: string[]) => [
  "setpriv",
  "--reuid=postgres",
  "--regid=postgres",
  "--clear-groups",
  "--",
  ...words,
];
const ask = (port: number, query: string) =>
  sh(asUser(`${bin}/psql`, "-h", sockets, "-p", String(port), "-XAtq", "-d", "postgres", "-c", query)).trim();
const start = (directory: string, port: number) =>
  sh(
    asUser(
      `${bin}/pg_ctl`,
      "-w",
      "-t",
      "240",
      "-D",
      directory,
      "-l",
      `${directory}/log`,
      "-o",
      `-p ${port} -k ${sockets} -c listen_addresses=`,
      "start",
    ),
  );
const stop = (directory: string) =>
  sh(asUser(`${bin}/pg_ctl`, "-w", "-t", "240", "-D", directory, "-m", "fast", "stop"));

interface Found {
  readonly changed: number;
  readonly recovered: boolean;
  readonly sums: string;
  readonly amcheck: string;
  readonly history: number;
  readonly trouble?: string;
}

/** Starts a server from a restored directory and looks whether what it has fits together. */
async function look(name: string, changed: number): Promise<Found> {
  const there = `/srv/pg/${name}/srv/pg/data`;
  try {
    rmSync(`${there}/postmaster.pid`, { force: true });
    start(there, 5433);
    const of = (query: string) => ask(5433, `select coalesce(sum(${query}`);
    const sums = [
      "abalance),0) from pgbench_accounts",
      "bbalance),0) from pgbench_branches",
      "tbalance),0) from pgbench_tellers",
      "delta),0) from pgbench_history",
    ].map(of);
    const { output, exitCode } = await attempt(
      asUser(
        `${bin}/pg_amcheck`,
        "-h",
        sockets,
        "-p",
        "5433",
        "--install-missing",
        "--heapallindexed",
        "-d",
        "postgres",
      ),
    );
    const recovered = readFileSync(`${there}/log`, "utf8").includes("automatic recovery in progress");
    const history = Number(ask(5433, "select count(*) from pgbench_history"));
    stop(there);
    return {
      changed,
      recovered,
      sums: [...new Set(sums)].join(" "),
      amcheck: exitCode === 0 ? "" : output.slice(0, 300),
      history,
    };
  } catch (error) {
    return { changed, recovered: false, sums: "", amcheck: "", history: 0, trouble: String(error).slice(0, 400) };
  }
}

async function saved(name: string, { root }: Pick<View, "root">): Promise<number> {
  const scope = { include: [data], exclude: [], mounts: ["/srv/pg"] };
  const set = await saveSet(root, join(work.path, name), { scope });
  const target = `/srv/pg/${name}`;
  mkdirSync(target);
  const { directory, manifest } = set;
  await extractArchive({ directory, manifest, target, threads: 2 }, heard);
  return manifest.problems.filter(({ severity }) => severity === "changed").length;
}

for (const module of ["dm_snapshot"]) sh(["modprobe", module]);
const disk = attachLoop(work.image("disk", 1400 << 20));
lvm("vgcreate", "-q", "vgpg", disk.path);
lvm("lvcreate", "-q", "-y", "-n", "pg", "-L", "900M", "vgpg");
ext4("/dev/vgpg/pg");
mkdirSync("/srv/pg", { recursive: true });
sh(["mount", "/dev/vgpg/pg", "/srv/pg"]);
mkdirSync(sockets, { recursive: true });
sh(["chown", "postgres:", "/srv/pg", sockets]);
sh(asUser(`${bin}/initdb`, "-D", data, "-A", "trust", "--data-checksums", "--no-sync"));
start(data, 5432);
sh(asUser(`${bin}/pgbench`, "-h", sockets, "-p", "5432", "-i", "-q", "-s", "3", "postgres"));
const layout = await layoutOf([disk], [["lv:vgpg/pg", "/srv/pg"]]);

const hooksIn = "/etc/mondo/hooks.d";
mkdirSync(hooksIn, { recursive: true });
copyFileSync(process.argv[2] ?? "", `${hooksIn}/50-postgresql`);
chmodSync(`${hooksIn}/50-postgresql`, 0o755);
const found = findHooks(host, hooksIn, heard);

const [command = "", ...words] = asUser(
  `${bin}/pgbench`,
  "-h",
  sockets,
  "-p",
  "5432",
  "-n",
  "-c",
  "4",
  "-T",
  "600",
  "postgres",
);
const load = spawn(command, words, { stdio: "ignore" });
const transactions = () => Number(ask(5432, "select count(*) from pgbench_history"));
while (transactions() < 100) await Bun.sleep(500);
const live = await saved("live", { root: "/" });
const wish = viewWish(layout, { mode: "require", size: { share: 0.3 } }, ["/srv/pg"]);
const asked = { ...wish, request: { ...wish.request, hooks: { found, facts: {} } } };
const before = transactions();
const snapshot = await withView(host, asked, heard, new AbortController().signal, (view) => saved("snapshot", view));
const after = transactions();
load.kill();
stop(data);
const results = {
  snapshot: await look("snapshot", snapshot),
  live: await look("live", live),
  before,
  after,
  said: heard.said,
};
if (existsSync("/run/mondo/view/tree")) throw new Error("the view is still there");
console.log(`result ${JSON.stringify(results)}`);
