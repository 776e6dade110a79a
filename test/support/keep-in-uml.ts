/**
 * Restores that keep data and bring files of them to the state of the set, on a kernel of its own. The system's disk is
 * /dev/vda; /dev/vdb and /dev/vdc are a mirror with a volume group, /dev/vdd is an array of its own whose power went
 * while it was written to, /dev/vde is encrypted. Prints what came of it.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../src/base/errors.ts";
import { type Reporter, silentReporter } from "../../src/base/report.ts";
import { linuxHost } from "../../src/host/linux.ts";
import type { KeepWish } from "../../src/layout/keep/keep-wish.ts";
import type { Layout, LayoutNode } from "../../src/layout/types.ts";
import { describeMachine } from "../../src/probe/describe-volumes.ts";
import { readDevices } from "../../src/probe/read-devices.ts";
import type { RestoreContext } from "../../src/restore/context.ts";
import { KEPT_ROOT } from "../../src/restore/kept-files.ts";
import { restoreUnattended } from "../../src/restore/nuke.ts";
import { activateVolumes } from "../../src/run/activate.ts";
import { unmountTree } from "../../src/run/chroot.ts";
import { releaseVolumes } from "../../src/run/release.ts";
import { saveSet } from "../unit/archive/saved-set.ts";
import { sh } from "./loop-disk.ts";
import { ext4, KEY, lvm, makeLuks2 } from "./volume-lab.ts";

const host = linuxHost();
const ROOT = "/mnt/restore";
const DISKS = ["/dev/vda", "/dev/vdb", "/dev/vdc", "/dev/vdd", "/dev/vde"];
const OTHER = "/dev/vdd";
const REPORT = "var/log/mondo-restore-report.txt";
const MARKER = "boot/mondo-restored.json";
const work = mkdtempSync("/run/keep-");
const say = (name: string, value: unknown) => process.stdout.write(`${name}: ${JSON.stringify(value)}\n`);

/** Mount points of the data, and what they are on. */
const DATA: Readonly<Record<string, { readonly id: string; readonly device: string }>> = {
  srv: { id: "lv:vgkept/srv", device: "/dev/vgkept/srv" },
  home: { id: "lv:vgkept/home", device: "/dev/vgkept/home" },
  safe: { id: "luks:safe-crypt", device: "/dev/mapper/safe-crypt" },
  data: { id: "raid:md8", device: "/dev/md8" },
  vault: { id: "luks:vault-crypt", device: "/dev/mapper/vault-crypt" },
};

async function release(): Promise<void> {
  await unmountTree(host, ROOT);
  for (const disk of DISKS) await releaseVolumes(host, disk);
}

/** The root on a disk; /srv, /home and, encrypted, /safe in volumes on a mirror; /data, /vault on their own disks. */
async function makeMachine(): Promise<Layout> {
  sh(["sfdisk", "-q", "/dev/vda"], "label: gpt\nstart=2048,size=60M\n");
  ext4("/dev/vda1");
  const words = ["--run", "--level=1", "--bitmap=internal", "--assume-clean"];
  sh(["mdadm", "--create", "/dev/md7", ...words, "--raid-devices=2", "/dev/vdb", "/dev/vdc"], "y\n");
  sh(["mdadm", "--create", "/dev/md8", ...words, "--force", "--raid-devices=1", OTHER], "y\n");
  lvm("vgcreate", "-q", "vgkept", "/dev/md7");
  for (const name of ["srv", "home", "safe"]) lvm("lvcreate", "-q", "-y", "-n", name, "-L", "32M", "vgkept");
  makeLuks2("/dev/vgkept/safe", "safe-crypt");
  makeLuks2("/dev/vde", "vault-crypt");
  for (const { device } of Object.values(DATA)) ext4(device);
  const { nodes } = describeMachine(await readDevices(host));
  const mount = (path: string, on: string): LayoutNode => {
    const fs = nodes.find((node) => node.kind === "filesystem" && node.on === on);
    if (!fs) throw new Error(`no file system on ${on}: ${JSON.stringify(nodes)}`);
    return { kind: "mount", id: `mount:${path}`, of: fs.id, path, options: "rw", root: "/" };
  };
  const mounts = Object.entries(DATA).map(([name, { id }]) => mount(`/${name}`, id));
  return { version: 1, nodes: [...nodes, mount("/", "part:vda1"), ...mounts] };
}

/** Files on a volume: those of the set, as they are now. */
function fill(name: string): void {
  const { device = "" } = DATA[name] ?? {};
  mkdirSync(ROOT, { recursive: true });
  sh(["mount", device, ROOT]);
  for (const file of ["changed", "after"]) {
    writeFileSync(join(ROOT, file), "live");
    // Newer than the set, as what was changed after the backup is.
    utimesSync(join(ROOT, file), 2_000_000_000, 2_000_000_000);
  }
  sh(["sync", "-f", ROOT]);
  // What a disk holds while it is mounted has a journal to play back.
  if (name === "data") sh(["dd", `if=${OTHER}`, `of=${work}/other`, "bs=1M", "iflag=direct"]);
  sh(["umount", ROOT]);
}

/** A disk for the system that nothing was ever on. */
function blankSystem(): void {
  sh(["blkdiscard", "--zeroout", "--force", "/dev/vda"]);
  sh(["blockdev", "--rereadpt", "/dev/vda"]);
}

const layout = await makeMachine();
for (const name of Object.keys(DATA)) {
  mkdirSync(join(work, "tree", name), { recursive: true });
  for (const file of ["changed", "lost"]) writeFileSync(join(work, "tree", name, file), `saved ${file}`);
}
mkdirSync(join(work, "tree/etc"), { recursive: true });
writeFileSync(join(work, "tree/etc/hello"), "saved");
const set = await saveSet(join(work, "tree"), join(work, "set"), { threads: 0 });
for (const name of Object.keys(DATA)) fill(name);
const identifiers = () =>
  ["srv", "home", "safe"].map((name) => sh(["blkid", "-o", "value", "-s", "UUID", `/dev/vgkept/${name}`]).trim());
const members = () =>
  sh(["sh", "-c", "mdadm --examine /dev/vdb /dev/vdc | grep -E 'Array UUID|Creation Time|Device UUID'"]);
const structures = () => JSON.stringify([identifiers(), members()]);
const before = structures();
await release();
blankSystem();
sh(["dd", `if=${work}/other`, `of=${OTHER}`, "bs=1M", "oflag=direct"]);
sh(["rm", `${work}/other`]);
const digest = () => {
  sh(["blockdev", "--flushbufs", OTHER]);
  return sh(["sha256sum", OTHER]);
};
const digestBefore = digest();

const said: string[] = [];
const tell = (text: string) => {
  said.push(text);
  // Where it fails, this is how far it came.
  process.stdout.write(`» ${Math.round(performance.now() / 1000)} s ${text}\n`);
};
const reporter: Reporter = { ...silentReporter, step: tell, info: tell, warn: (text) => tell(`! ${text}`) };

interface Person {
  /** What is typed, one after the other. */
  readonly types: readonly string[];
  /** Around the work on the kept disks. */
  readonly around?: (work: () => Promise<unknown>) => Promise<unknown>;
}

async function restored(keep: KeepWish, { types, around = (restore) => restore() }: Person): Promise<unknown> {
  said.length = 0;
  const typed = [...types];
  const context = {
    ...{ host, reporter, setDirectory: set.directory, locate: set.locate, carriers: [], root: ROOT, firmware: "bios" },
    ...{ checkedMedia: new Set(), remarks: [], logText: () => "", isRescue: true, keep, once: "a request" },
    manifest: { ...set.manifest, layout, host: { ...set.manifest.host, arch: "x86_64" } },
    // Whoever types has pressed a key.
    countdown: async (_: number, text: string) =>
      /pass phrase/.test(text) && typed.length > 0 ? "stopped" : "elapsed",
    ask: {
      async line(question: string) {
        const text = typed.shift();
        if (text === undefined) throw new Error(`nobody answers: ${question}`);
        return text;
      },
    },
    stoppable: (restore: (signal: AbortSignal) => Promise<unknown>) =>
      around(() => restore(new AbortController().signal)),
  } as unknown as RestoreContext;
  return restoreUnattended(context).catch((error: unknown) => `failed: ${messageOf(error)}`);
}

const kept = ["/srv=files", "/home", "/safe=files", "/data", "/vault=files"];
say("without a key", (await restored(kept, { types: [] })) as string);
say("nothing was written", sh(["head", "-c", "1048576", "/dev/vda"]).replaceAll("\0", "") === "");
await release();

/** Takes what a power cut would leave of the system's disk, and spoils a file when all are brought. */
const around = async (restore: () => Promise<unknown>) => {
  say(
    "mounted meanwhile",
    sh(["sh", "-c", `grep -o ' ${KEPT_ROOT}[^ ]*' /proc/mounts`])
      .trim()
      .split(/\s+/),
  );
  sh(["dd", "if=/dev/vda1", `of=${work}/cut-off`, "bs=1M", "iflag=direct", "conv=sparse"]);
  const result = await restore();
  const spoilt = join(KEPT_ROOT, "srv/lost");
  sh(["cp", "-p", spoilt, `${work}/times`]);
  writeFileSync(spoilt, "spoilt los");
  sh(["touch", "-r", `${work}/times`, spoilt]);
  return result;
};
const outcome = await restored(kept, { types: ["a wrong one", KEY], around });
say("restore", outcome);
say(
  "told at the end",
  said.filter((text) => text.startsWith("! ") && !text.includes("key slot")),
);
say(
  "said before",
  said.filter((text) => /^(KEPT|ERASED)/.test(text)).map((text) => text.replace(/,.*?(?=: )/, "")),
);
say(
  "complained",
  said.filter((text) => /key slot|to be kept/.test(text)),
);
say("mounted afterwards", sh(["sh", "-c", `grep -cE ' (${ROOT}|${KEPT_ROOT})' /proc/mounts || true`]).trim());
await release();
say("the other disk is the same", digest() === digestBefore);

/** What is in the system on a device. */
function systemOn(device: string, options: string): unknown {
  sh(["mount", "-o", options, device, ROOT]);
  const report = readFileSync(join(ROOT, REPORT), "utf8");
  const found = {
    hello: readFileSync(join(ROOT, "etc/hello"), "utf8"),
    isMarked: existsSync(join(ROOT, MARKER)),
    // Lines of a report wrap anywhere.
    report: (/still to be restored into [^:]*which was kept/.exec(report.replace(/\s+/g, " ")) ??
      /Restored; .*/.exec(report))?.[0],
  };
  sh(["umount", ROOT]);
  return found;
}
say("after a power cut", systemOn(`${work}/cut-off`, "loop"));
say("system", systemOn("/dev/vda1", "ro"));
sh(["rm", `${work}/cut-off`]);

const give = async () => (await import("../../src/base/secret.ts")).Secret.ofText(KEY);
await activateVolumes(host, layout, { give });
function filesOn(name: string): string[] {
  sh(["mount", "-o", "ro,noload", DATA[name]?.device ?? "", ROOT]);
  const files = ["changed", "lost", "after"].filter((file) => existsSync(join(ROOT, file)));
  const texts = files.map((file) => `${file}: ${readFileSync(join(ROOT, file), "utf8")}`);
  sh(["umount", ROOT]);
  return texts;
}
for (const name of Object.keys(DATA)) say(`files of ${name}`, filesOn(name));
say("same structures", structures() === before);
await release();
