/**
 * A restore that keeps data and brings its files to the state of the set, on a kernel of its own: the system's disk
 * /dev/vda is blank, /dev/vdb and /dev/vdc are a mirror with a volume group as they were left. Prints what came of it.
 */
import { mkdirSync, mkdtempSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../src/base/errors.ts";
import { type Reporter, silentReporter } from "../../src/base/report.ts";
import { linuxHost } from "../../src/host/linux.ts";
import type { Layout, LayoutNode } from "../../src/layout/types.ts";
import { describeMachine } from "../../src/probe/describe-volumes.ts";
import { readDevices } from "../../src/probe/read-devices.ts";
import type { RestoreContext } from "../../src/restore/context.ts";
import { restoreUnattended } from "../../src/restore/nuke.ts";
import { activateVolumes } from "../../src/run/activate.ts";
import { unmountTree } from "../../src/run/chroot.ts";
import { releaseVolumes } from "../../src/run/release.ts";
import { saveSet } from "../unit/archive/saved-set.ts";
import { sh } from "./loop-disk.ts";
import { ext4, lvm } from "./volume-lab.ts";

const host = linuxHost();
const ROOT = "/mnt/restore";
const DISKS = ["/dev/vda", "/dev/vdb", "/dev/vdc"];
const work = mkdtempSync("/run/keep-");
const say = (name: string, value: unknown) => process.stdout.write(`${name}: ${JSON.stringify(value)}\n`);

async function release(): Promise<void> {
  await unmountTree(host, ROOT);
  for (const disk of DISKS) await releaseVolumes(host, disk);
}

/** The root on a disk; /srv and /home in volumes on a mirror. */
async function makeMachine(): Promise<Layout> {
  sh(["sfdisk", "-q", "/dev/vda"], "label: gpt\nstart=2048,size=60M\n");
  ext4("/dev/vda1");
  const words = ["--run", "--level=1", "--raid-devices=2", "--bitmap=internal", "--assume-clean"];
  sh(["mdadm", "--create", "/dev/md7", ...words, "/dev/vdb", "/dev/vdc"], "y\n");
  lvm("vgcreate", "-q", "vgkept", "/dev/md7");
  for (const name of ["srv", "home"]) {
    lvm("lvcreate", "-q", "-y", "-n", name, "-L", "32M", "vgkept");
    ext4(`/dev/vgkept/${name}`);
  }
  const { nodes } = describeMachine(await readDevices(host));
  const mount = (path: string, on: string): LayoutNode => {
    const fs = nodes.find((node) => node.kind === "filesystem" && node.on === on);
    if (!fs) throw new Error(`no file system on ${on}: ${JSON.stringify(nodes)}`);
    return { kind: "mount", id: `mount:${path}`, of: fs.id, path, options: "rw", root: "/" };
  };
  const mounts = [mount("/", "part:vda1"), mount("/srv", "lv:vgkept/srv"), mount("/home", "lv:vgkept/home")];
  return { version: 1, nodes: [...nodes, ...mounts] };
}

/** Files on a volume: those of the set, as they are now. */
function fill(device: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(ROOT, { recursive: true });
  sh(["mount", device, ROOT]);
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(ROOT, name), text);
    // Newer than the set, as what was changed after the backup is.
    utimesSync(join(ROOT, name), 2_000_000_000, 2_000_000_000);
  }
  sh(["umount", ROOT]);
}

const layout = await makeMachine();
for (const directory of ["etc", "srv", "home"]) mkdirSync(join(work, "tree", directory), { recursive: true });
for (const name of ["etc/hello", "srv/changed", "srv/lost", "home/changed", "home/lost"])
  writeFileSync(join(work, "tree", name), `saved ${name}`);
const set = await saveSet(join(work, "tree"), join(work, "set"), { threads: 0 });
for (const name of ["srv", "home"]) fill(`/dev/vgkept/${name}`, { changed: "live", after: "live" });
const identifiers = () =>
  ["srv", "home"].map((name) => sh(["blkid", "-o", "value", "-s", "UUID", `/dev/vgkept/${name}`]).trim()).join();
const members = () =>
  sh(["sh", "-c", "mdadm --examine /dev/vdb /dev/vdc | grep -E 'Array UUID|Creation Time|Device UUID'"]);
const before = { identifiers: identifiers(), members: members() };
await release();
sh(["blkdiscard", "--zeroout", "--force", "/dev/vda"]);
sh(["blockdev", "--rereadpt", "/dev/vda"]);

const said: string[] = [];
const tell = (text: string) => void said.push(text);
const reporter: Reporter = { ...silentReporter, step: tell, info: tell, warn: (text) => tell(`! ${text}`) };
const context = {
  ...{ host, reporter, setDirectory: set.directory, locate: set.locate, carriers: [], root: ROOT, firmware: "bios" },
  ...{ checkedMedia: new Set(), remarks: [], logText: () => "", isRescue: true, keep: ["/srv=files", "/home"] },
  manifest: { ...set.manifest, layout, host: { ...set.manifest.host, arch: "x86_64" } },
  countdown: async () => "elapsed",
  ask: {},
} as unknown as RestoreContext;

const outcome = await restoreUnattended(context).catch((error: unknown) => `failed: ${messageOf(error)}`);
say("restore", outcome);
if (outcome !== "done") say("said", said);
say(
  "said before",
  said.filter((text) => /^(KEPT|ERASED)/.test(text)).map((text) => text.replace(/,.*(?=: )/, "")),
);
say("mounted afterwards", sh(["sh", "-c", `grep -c ' ${ROOT}' /proc/mounts || true`]).trim());
await release();
await activateVolumes(host, layout);
const read = (device: string) => {
  sh(["mount", "-o", "ro", device, ROOT]);
  const files = ["etc/hello", "changed", "lost", "after"]
    .map((name) => join(ROOT, name))
    .filter((at) => host.exists(at));
  const texts = files.map((file) => `${file.slice(ROOT.length + 1)}: ${readFileSync(file, "utf8")}`);
  sh(["umount", ROOT]);
  return texts;
};
say("system", read("/dev/vda1"));
say("brought", read("/dev/vgkept/srv"));
say("left", read("/dev/vgkept/home"));
say("same structures", identifiers() === before.identifiers && members() === before.members);
await release();
