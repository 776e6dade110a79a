import { filesystemDriver, filesystemDrivers } from "../drivers/fs/list.ts";
import type { MountedFacts } from "../drivers/types.ts";
import { parseMountinfo } from "../formats/mount-tables.ts";
import type { Host } from "../host/host.ts";
import type { Facts } from "./facts.ts";
import { blockDeviceNames, readDevice } from "./read-device.ts";
import { readSwapFiles } from "./swap-files.ts";

const EFIVARS = "/sys/firmware/efi/efivars";
const GLOBAL_GUID = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
/** Paths whose presence decides how the machine starts and what can make it start again. */
const FILES = [
  "/boot/grub/grub.cfg",
  "/boot/grub2/grub.cfg",
  "/boot/grub/i386-pc/normal.mod",
  "/boot/grub2/i386-pc/normal.mod",
  "/usr/lib/grub/i386-pc/normal.mod",
  "/usr/lib/grub/x86_64-efi/normal.mod",
  "/usr/lib/grub/arm64-efi/normal.mod",
  "/boot/extlinux/extlinux.conf",
  "/etc/lilo.conf",
  ...["grub-install", "grub2-install", "update-grub", "grub-mkconfig", "grub2-mkconfig"].map((n) => `/usr/sbin/${n}`),
  ...["update-initramfs", "dracut", "mkinitcpio", "grub-install"].flatMap((n) => [`/usr/sbin/${n}`, `/usr/bin/${n}`]),
];
const TEXTS = [
  "/boot/grub/grub.cfg",
  "/boot/grub2/grub.cfg",
  "/etc/default/grub",
  "/etc/kernel/cmdline",
  "/etc/crypttab",
];
const ESP_PATHS = ["/boot/efi", "/efi", "/boot"];
/** Further ESPs (a second disk's) are found where they are mounted. */
const ESP_MOUNT = /^\/(boot|efi)[^/]*(\/[^/]+)?$/;
const MOST_ESP_FILES = 400;

/** The ESP's files below `EFI/`, four levels deep. */
function espFiles(host: Host, root: string, esp: string): string[] {
  const found: string[] = [];
  const walk = (path: string, depth: number) => {
    if (depth > 4 || found.length >= MOST_ESP_FILES) return;
    for (const name of host.list(`${root}${path}`)) {
      const child = `${path}/${name}`;
      if (host.lstat(`${root}${child}`)?.kind === "directory") walk(child, depth + 1);
      else found.push(child);
    }
  };
  for (const name of host.list(`${root}${esp}`)) if (/^efi$/i.test(name)) walk(`${esp}/${name}`, 1);
  return found;
}

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
    const result = await host.run({ argv: driver.toolVersion, accept: "any", timeoutMs: 10_000 });
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

/** Each file system once, wherever and however often it is mounted. */
async function readMounted(host: Host, mountinfo: string): Promise<MountedFacts[]> {
  const found = new Map<string, MountedFacts>();
  const seen = new Set<string>();
  for (const { type, source, path, devno, options, root } of parseMountinfo(mountinfo)) {
    const driver = filesystemDriver(type);
    if (!driver?.readMounted || seen.has(devno)) continue;
    const facts = await driver.readMounted(host, { source, path, options, root });
    if (!facts) continue;
    seen.add(devno);
    found.set(facts.uuid, facts);
  }
  return [...found.values()];
}

/** Where FAT is mounted below the root, as the set sees it. */
function fatMounts(mountinfo: string, base: string): string[] {
  const lines = parseMountinfo(mountinfo).filter(({ type, path }) => type === "vfat" && path.startsWith(`${base}/`));
  return [...new Set(lines.map(({ path }) => path.slice(base.length)))];
}

/** Where systemd's mount units in /etc mount something. */
function mountUnits(host: Host, base: string): string[] {
  const directory = `${base}/etc/systemd/system`;
  const units = host.list(directory).filter((name) => name.endsWith(".mount"));
  return units.flatMap(
    (name) => /^Where=(\/.*)$/m.exec(host.tryReadText(`${directory}/${name}`) ?? "")?.[1]?.trim() ?? [],
  );
}

/** Reads everything that the layout is made of. `root` other than "/" looks at control files below it. Changes nothing. */
export async function readFacts(host: Host, root: string, options: { loops?: boolean } = {}): Promise<Facts> {
  const base = root === "/" ? "" : root.replace(/\/+$/, "");
  const text = (path: string) => host.tryReadText(`${base}${path}`) ?? "";
  // The ESP first: looking into it makes systemd mount it.
  const usual = ESP_PATHS.flatMap((path) => espFiles(host, base, path));
  const mountinfo = host.tryReadText("/proc/self/mountinfo") ?? "";
  const others = fatMounts(mountinfo, base).filter((path) => !ESP_PATHS.includes(path) && ESP_MOUNT.test(path));
  const esps = [...usual, ...others.flatMap((path) => espFiles(host, base, path))];
  const efi = readEfi(host);
  const swaps = host.tryReadText("/proc/swaps") ?? "";
  const swapFiles = readSwapFiles(host, base, swaps, text("/etc/fstab"));
  const mounted = await readMounted(host, mountinfo);
  const files = [...new Set([...FILES.filter((path) => host.exists(`${base}${path}`)), ...esps])];
  const stubs = esps.filter((path) => /\/grub\.cfg$/i.test(path));
  const texts = [...TEXTS, ...stubs].flatMap((path) => (text(path) === "" ? [] : [[path, text(path)] as const]));
  return {
    version: 1,
    kernel: (host.tryReadText("/proc/sys/kernel/osrelease") ?? "").trim(),
    devices: blockDeviceNames(host, options.loops).map((name) => readDevice(host, name)),
    mountinfo,
    swaps,
    ...(swapFiles.length === 0 ? {} : { swapFiles }),
    ...usageByMount(host, mountinfo),
    ...(mounted.length === 0 ? {} : { mounted }),
    fstab: text("/etc/fstab"),
    mountUnits: mountUnits(host, base),
    osRelease: text("/etc/os-release") || text("/usr/lib/os-release"),
    ...(efi === undefined ? {} : { efi }),
    files,
    texts: Object.fromEntries(texts),
    toolVersions: await toolVersions(host),
  };
}
