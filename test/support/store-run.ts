/**
 * A program for namespaces of its own (network, mounts, processes): bun test/support/store-run.ts BASE URL STEP… backs
 * BASE/tree up to a place for whole objects, and does what else the steps say. The servers are those of `startServer`.
 */
import { mkdirSync } from "node:fs";
import { openSet } from "../../src/archive/set/open-set.ts";
import { verifySet } from "../../src/archive/verify/verify-set.ts";
import type { OpenDestination } from "../../src/backup/destination/destination.ts";
import { storeDestination } from "../../src/backup/destination/store-destination.ts";
import { checkedRemoval } from "../../src/backup/old-sets.ts";
import { removeInStore } from "../../src/backup/retention/remove-in-store.ts";
import { MondoError } from "../../src/base/errors.ts";
import { type Reporter, silentReporter } from "../../src/base/report.ts";
import { Secret } from "../../src/base/secret.ts";
import { linuxHost } from "../../src/host/linux.ts";
import type { MountWish, OpenStore, Share } from "../../src/shares/share-driver.ts";
import { parseShare } from "../../src/shares/share-words.ts";
import { startDavServer } from "./dav-server.ts";
import { startFtpServer } from "./ftp-server.ts";
import { groundIn, onePass } from "./one-pass-run.ts";
import { startS3Server } from "./s3-service.ts";
import { run } from "./shell.ts";
import { startSshServer } from "./ssh-server.ts";

const [base = "", url = "", ...steps] = process.argv.slice(2);
const [patience, PASSWORD] = [Number(process.env.PATIENCE ?? 20_000), process.env.PASSWORD ?? "a b%c"];
/** Is done whatever happened before. */
const AT_LAST = "at last:";
const MIB = 1 << 20;
const TARGET = "/run/mondo-share";
const linux = linuxHost();
const say = (text: string) => process.stdout.write(`${text}\n`);
const shell = (text: string) => run(["bash", "-c", text]).then((said) => process.stdout.write(said));
/** Each run is a second later than the one before. */
let seconds = 0;
const host = { ...linux, nowMs: () => linux.nowMs() + 1000 * seconds };
const reporter: Reporter = {
  ...silentReporter,
  log: (text) => say(`log: ${text}`),
  warn: (text) => say(`warn: ${text}`),
};
const nobody = () => Promise.reject(new Error("nobody is here"));
const person = { confirm: async () => true, line: nobody, secret: async () => Secret.ofText(PASSWORD), tell: say };

async function startServer(): Promise<void> {
  const { SERVER = url.startsWith("dav") ? "digest" : "plain" } = process.env;
  if (SERVER === "there") return;
  if (url.startsWith("ftp")) await startFtpServer(base, SERVER as Parameters<typeof startFtpServer>[1]);
  else if (url.startsWith("s3")) await startS3Server(base);
  else if (url.startsWith("ssh")) await startSshServer(base, SERVER as Parameters<typeof startSshServer>[1]);
  else await startDavServer(base, SERVER as Parameters<typeof startDavServer>[1]);
  mkdirSync("/var/lib/mondo", { recursive: true });
  await run(["mount", "-t", "tmpfs", "none", "/var/lib/mondo"]);
}

/** BASE/KEY, a private key. */
function keyFile(): Pick<MountWish, "credentials"> {
  const { KEY } = process.env;
  if (KEY === undefined) return {};
  const place = `${base}/${KEY}`;
  return { credentials: { place, content: new Secret(linux.read(place)) } };
}

async function openPlace(): Promise<OpenStore> {
  const open = await parseShare(url)?.openStore?.({
    ...{ host, person, ownConfiguration: true, patienceMs: patience },
    log: (text) => say(`log: ${text}`),
    ...keyFile(),
  });
  if (!open) throw new Error("no store");
  return open;
}

async function mounted(share: Share, credentials: MountWish["credentials"], work: (at: string) => Promise<void>) {
  const wish = { host, modules: { require: async () => {} }, target: TARGET, person, tries: 3, expected: "x" } as const;
  const more = { access: "read", patienceMs: patience, ownConfiguration: true } as const;
  const { unmount } = await share.mount({ ...wish, ...more, ...(credentials ? { credentials } : {}) });
  try {
    await work(TARGET);
  } finally {
    await unmount();
  }
}

/** Short ones; of an object store's, with two parts each. */
const volumeBytes = url.startsWith("s3") ? 12 * MIB : 4 * MIB;

/** With such volumes; a step that is named `2:COMMAND` is done while the second one is sent. */
const destination =
  (open: OpenStore, during?: readonly [number, string]): OpenDestination =>
  async (_, wish, said) => {
    const { job } = wish;
    // What a command gives has no such short patience.
    const store = { ...job, request: { ...job.request, medium: { kind: "store", store: open.store } } } as typeof job;
    const made = await storeDestination(host, { ...wish, job: store }, said);
    const { sink } = made;
    let count = 0;
    const end = async () => {
      const number = (await sink?.end()) ?? 1;
      count += 1;
      if (count === during?.[0]) {
        await host.sleep(100);
        await shell(during[1]);
      }
      return number;
    };
    const watched = sink && {
      begin: (name: string) => sink.begin(name),
      write: (bytes: Uint8Array) => sink.write(bytes),
      discard: () => sink.discard(),
      end,
    };
    return { ...made, ...(watched ? { sink: watched } : {}), volumeBytes };
  };

async function archive(open: OpenStore, during?: readonly [number, string]): Promise<string> {
  seconds += 1;
  await open.store.tryOut((text) => say(`warn: ${text}`));
  const { made } = await onePass(groundIn(base), { host, reporter, open: destination(open, during) });
  say(`made ${made[0]?.name.replace(/\d{4}-[\dT-]+$/, "DATE")}`);
  return made[0]?.name ?? "";
}

/** A run that dies while its second volume is sent: the first process of a namespace can't. */
async function archiveKilled(): Promise<void> {
  const argv = [process.execPath, import.meta.path, base, url, "2:kill -9 $PPID"];
  const child = Bun.spawn(argv, { env: { ...process.env, SERVER: "there" }, stdout: "ignore" });
  await child.exited;
  say(`killed by ${child.signalCode}`);
}

/** Reads the newest one through. */
const verify = ({ share, credentials }: OpenStore) =>
  mounted(share, credentials, async (at) => {
    const opened = openSet(host, `${at}/h/p`, "p");
    const { defects, damaged } = await verifySet(host, opened, 0, silentReporter, new AbortController().signal);
    say(`verified: ${[...defects, ...damaged.map(({ reason }) => reason)].join("; ") || "whole"}`);
  });

/** Leaves the newest one alone. */
const prune = ({ share, credentials, store }: OpenStore, made: string) =>
  mounted(share, credentials, async (at) => {
    const [home, remove] = [`${at}/h/p`, removeInStore(store, at)];
    const newest = `${home}/${made.slice(made.lastIndexOf("/") + 1)}`;
    const retention = { request: { directory: home }, newest, isChecked: store.comparesDigests };
    const told = {
      ...reporter,
      step: (text: string) => say(`step: ${text}`),
      info: (text: string) => say(`info: ${text}`),
    };
    const { signal } = new AbortController();
    await (await checkedRemoval(host, { ...retention, keep: { last: 1 }, remove }, told, signal))();
  });

let close = (): void => {};
try {
  await startServer();
  const open = await openPlace();
  close = open.close ?? close;
  let made = "";
  for (const step of steps) {
    if (step.startsWith(AT_LAST)) continue;
    const [, number, command = ""] = /^(\d+):(.*)$/s.exec(step) ?? [];
    if (number !== undefined) made = await archive(open, [Number(number), command]);
    else if (step === "archive") made = await archive(open);
    else if (step === "killed") await archiveKilled();
    else if (step === "verify") await verify(open);
    else if (step === "prune") await prune(open, made);
    else await shell(step.replaceAll("$BASE", base));
  }
} catch (error) {
  const hint = error instanceof MondoError ? ` (${error.code}) ${error.hint ?? ""}` : "";
  say(`refused: ${error instanceof Error ? error.message : error}${hint}`);
}
for (const step of steps) {
  if (step.startsWith(AT_LAST)) await shell(step.slice(AT_LAST.length).replaceAll("$BASE", base));
}
close();
say(`left: ${linux.exists("/run/mondo") ? linux.list("/run/mondo").filter((name) => name.startsWith("ssh")) : ""}`);
process.stdout.write(linux.tryReadText("/run/mondo/remote.log") ?? "");
process.exit(0);
