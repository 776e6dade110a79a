import { filesystemDrivers } from "../drivers/fs/filesystem-drivers.ts";
import { parseMountinfo } from "../formats/fs/mount-tables.ts";
import type { Host } from "../host/host.ts";
import type { Facts } from "./facts.ts";
import { firmwareFrom } from "./firmware-from.ts";
import { readMounts } from "./mounts/read-mounts.ts";
import { readBootFiles } from "./read-boot-files.ts";
import { readDevices } from "./read-devices.ts";
import { readSwapFiles } from "./read-swap-files.ts";

const EFIVARS = "/sys/firmware/efi/efivars";
const GLOBAL_GUID = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
function readEfi(host: Host): Facts["efi"] {
  if (!host.exists("/sys/firmware/efi")) return undefined;
  const wanted = new RegExp(`^(Boot[0-9A-F]{4}|BootOrder|BootCurrent|SecureBoot)-${GLOBAL_GUID}$`);
  const variables = host.list(EFIVARS).flatMap((name) => {
    if (!wanted.test(name)) return [];
    try {
      const base64 = Buffer.from(host.read(`${EFIVARS}/${name}`)).toString("base64");
      return [{ name: name.slice(0, name.indexOf("-")), base64 }];
    } catch {
      return [];
    }
  });
  return { variables };
}

async function toolVersions(host: Host): Promise<Record<string, string>> {
  const versions: Record<string, string> = {};
  for (const driver of filesystemDrivers) {
    const [tool] = driver.toolVersion ?? [];
    if (!tool || !driver.toolVersion || !host.which(tool)) continue;
    const result = await host.run({ argv: driver.toolVersion, accept: "any", timeoutMs: 60_000 });
    versions[tool] = (result.stdout || result.stderr).trim().split("\n")[0] ?? "";
  }
  return versions;
}

/** How full the mounted file systems are, by mount point. */
function usageByMount(host: Host, mountinfo: string) {
  const freeBytes: Record<string, number> = {};
  const usedInodes: Record<string, number> = {};
  for (const line of parseMountinfo(mountinfo)) {
    if (!line.source.startsWith("/dev/")) continue;
    try {
      freeBytes[line.path] = host.freeBytes(line.path);
      usedInodes[line.path] = host.usedInodes(line.path);
    } catch {
      // A mount that vanished meanwhile: how much of it is used stays unknown.
    }
  }
  return { freeBytes, usedInodes };
}

/** Reads everything that a layout is made of; control files are read below `root`. Changes nothing. */
export async function readFacts(host: Host, root: string, options: { loops?: boolean } = {}): Promise<Facts> {
  const base = root === "/" ? "" : root.replace(/\/+$/, "");
  const text = (path: string) => host.tryReadText(`${base}${path}`) ?? "";
  // Before the mounts are read: looking into an ESP makes systemd mount it.
  const efi = readEfi(host);
  const started = firmwareFrom(efi).entries.flatMap(({ file }) => file ?? []);
  const { files, texts } = readBootFiles(host, base, started);
  const storage = await readDevices(host, options);
  const { mountinfo, swaps } = storage;
  const fstab = text("/etc/fstab");
  const swapFiles = readSwapFiles(host, base, swaps, fstab);
  return {
    version: 1,
    kernel: (host.tryReadText("/proc/sys/kernel/osrelease") ?? "").trim(),
    ...(root === "/" ? { commandLine: (host.tryReadText("/proc/cmdline") ?? "").trim() } : {}),
    ...storage,
    ...(swapFiles.length === 0 ? {} : { swapFiles }),
    ...usageByMount(host, mountinfo),
    fstab,
    ...readMounts(host, base, { mountinfo, fstab }),
    osRelease: text("/etc/os-release") || text("/usr/lib/os-release"),
    ...(efi === undefined ? {} : { efi }),
    files,
    texts,
    toolVersions: await toolVersions(host),
  };
}
