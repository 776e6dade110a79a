/**
 * Parts of a restore, on a kernel of its own with the blank disks /dev/vda and /dev/vdb: a machine is made on them and
 * stopped; its system is mounted, a file of it restored, and its tables and file systems are made again. Prints what
 * came of each.
 */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../src/base/errors.ts";
import { type Reporter, silentReporter } from "../../src/base/report.ts";
import { linuxHost } from "../../src/host/linux.ts";
import type { Layout, LayoutNode } from "../../src/layout/types.ts";
import { describeMachine } from "../../src/probe/describe-volumes.ts";
import { readDevices } from "../../src/probe/read-devices.ts";
import type { ModeOutcome, RestoreContext } from "../../src/restore/context.ts";
import { restoreFiles } from "../../src/restore/files/restore-files.ts";
import { formatOnly, loaderOnly, mountOnly, partitionOnly } from "../../src/restore/parts.ts";
import { unmountTree } from "../../src/run/chroot.ts";
import { releaseVolumes } from "../../src/run/release.ts";
import { saveSet } from "../unit/archive/saved-set.ts";
import { sh } from "./loop-disk.ts";
import { ext4, KEY, lvm, makeLuks2 } from "./volume-lab.ts";

const host = linuxHost();
const ROOT = "/mnt/restore";
const LV = "/dev/vgparts/root";
const CODE = "the code that starts it";
const DISKS = ["/dev/vda", "/dev/vdb"];
const work = mkdtempSync("/run/parts-");
const say = (name: string, value: unknown) => process.stdout.write(`${name}: ${JSON.stringify(value)}\n`);

async function release(): Promise<void> {
  await unmountTree(host, ROOT);
  for (const disk of DISKS) await releaseVolumes(host, disk);
}

/** A root in a logical volume on a mirror, /home in a LUKS volume, and a partition with the code that starts it. */
async function makeMachine(): Promise<Layout> {
  sh(["sfdisk", "-q", "/dev/vda"], "label: gpt\nstart=2048,size=200M\nsize=80M\nsize=8M\n");
  sh(["sfdisk", "-q", "/dev/vdb"], "label: gpt\nstart=2048,size=200M\n");
  const words = ["--run", "--level=1", "--raid-devices=2", "--assume-clean"];
  sh(["mdadm", "--create", "/dev/md7", ...words, "/dev/vda1", "/dev/vdb1"], "y\n");
  lvm("vgcreate", "-q", "vgparts", "/dev/md7");
  lvm("lvcreate", "-q", "-y", "-n", "root", "-L", "120M", "vgparts");
  ext4(LV);
  makeLuks2("/dev/vda2", "parts-crypt");
  ext4("/dev/mapper/parts-crypt");
  ext4("/dev/vda3");
  const { nodes } = describeMachine(await readDevices(host));
  const on = (id: string) => nodes.find((node) => node.kind === "filesystem" && node.on === id)?.id ?? "none";
  const mount = (path: string, of: string): LayoutNode => ({
    ...{ kind: "mount", id: `mount:${path}`, of, path, options: "rw", root: "/" },
  });
  const mounts = [mount("/", on("lv:vgparts/root")), mount("/home", on("luks:parts-crypt"))];
  const bootCode = [{ offset: 0, base64: Buffer.from(CODE).toString("base64") }];
  const coded = nodes.map((node) => ("path" in node && node.path === "/dev/vda3" ? { ...node, bootCode } : node));
  return { version: 1, nodes: [...coded, ...mounts] };
}

const layout = await makeMachine();
for (const [device, file] of [
  [LV, "etc/hello"],
  ["/dev/mapper/parts-crypt", "ann"],
] as const) {
  mkdirSync(ROOT, { recursive: true });
  sh(["mount", device, ROOT]);
  mkdirSync(join(ROOT, "etc"), { recursive: true });
  mkdirSync(join(ROOT, "home"), { recursive: true });
  writeFileSync(join(ROOT, file), "live");
  sh(["umount", ROOT]);
}
const uuids = () => sh(["blkid", "-o", "value", "-s", "UUID", LV]).trim();
const tables = () => DISKS.map((disk) => sh(["sfdisk", "-d", disk]).replace(/^(device|sector-size).*$/gm, "")).join("");
const before = { tables: tables(), uuid: uuids() };
await release();

mkdirSync(join(work, "tree/etc"), { recursive: true });
writeFileSync(join(work, "tree/etc/hello"), "saved");
const set = await saveSet(join(work, "tree"), join(work, "set"), { threads: 0 });
const said: string[] = [];
const reporter: Reporter = {
  ...silentReporter,
  step: (text) => said.push(text),
  warn: (text) => said.push(`! ${text}`),
};
const context = {
  ...{ host, reporter, setDirectory: set.directory, locate: set.locate, carriers: [], root: ROOT, firmware: "bios" },
  ...{ checkedMedia: new Set(), remarks: [], logText: () => "", isRescue: true, keep: "none" },
  manifest: { ...set.manifest, layout, host: { ...set.manifest.host, arch: "x86_64" } },
  ask: { menu: async () => "go", confirm: async () => true, line: async () => KEY },
} as unknown as RestoreContext;

async function tried(name: string, work: () => Promise<ModeOutcome>): Promise<void> {
  said.length = 0;
  const outcome = await work().catch((error: unknown) => `failed: ${messageOf(error)}`);
  say(name, outcome);
  if (outcome !== "done") say("said", said);
}

await tried("mount", () => mountOnly(context));
say("read", [readFileSync(join(ROOT, "etc/hello"), "utf8"), readFileSync(join(ROOT, "home/ann"), "utf8")]);
writeFileSync(join(ROOT, "home/written"), "yes");
say("chroot", sh(["test", "-e", `${ROOT}/proc/self`, "-a", "-b", `${ROOT}/dev/vda`]) === "");
await release();
await tried("files", () => restoreFiles({ ...context, files: { patterns: ["/etc/hello"], overwrite: "copy" } }));
say("mounted afterwards", sh(["sh", "-c", `grep -c ' ${ROOT}' /proc/mounts || true`]).trim());
await tried("mount again", () => mountOnly(context));
say(
  "restored",
  ["etc/hello", "etc/hello.before-restore", "home/written"].map((path) => readFileSync(join(ROOT, path), "utf8")),
);
// All that was mounted still runs.
await tried("loader", () => loaderOnly(context));
say("boot code", sh(["head", "-c", `${CODE.length}`, "/dev/vda3"]));
say("mounted after the loader", sh(["sh", "-c", `grep -c ' ${ROOT}' /proc/mounts || true`]).trim());
const files = () => sh(["sh", "-c", `mount -o ro ${LV} ${ROOT} && ls ${ROOT}; umount ${ROOT}`]).trim();
// What was mounted still runs: nobody stops it first.
await tried("format what runs", () => formatOnly(context));
say("same file system after that", uuids() === before.uuid);
say("empty after that", files());
await release();
// Blank: what two disks hold must not tell them from each other.
for (const disk of DISKS) sh(["blkdiscard", "--zeroout", "--force", disk]);
for (const disk of DISKS) sh(["blockdev", "--rereadpt", disk]);
await tried("partition", () => partitionOnly(context));
say("same tables", tables() === before.tables);
await tried("format", () => formatOnly(context));
say("same file system", uuids() === before.uuid);
say("empty", files());
