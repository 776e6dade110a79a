import { writtenPath } from "../drivers/loader/esps.ts";
import { loaderDrivers } from "../drivers/loader/loader-drivers.ts";
import { unifiedCommandLine } from "../formats/boot/unified-kernel.ts";
import { parseMountinfo } from "../formats/fs/mount-tables.ts";
import type { Host } from "../host/host.ts";
import { BLOCK_MAP_FILES } from "./block-map-loaders.ts";
import type { Facts } from "./facts.ts";

const loaderPaths = (what: "files" | "texts") => loaderDrivers.flatMap(({ paths }) => paths?.[what] ?? []);

/** Paths, besides the loaders' own, whose presence decides how the machine starts and what can make it start again. */
const FILES = [
  ...BLOCK_MAP_FILES,
  ...["update-initramfs", "dracut", "mkinitcpio"].flatMap((name) => [`/usr/sbin/${name}`, `/usr/bin/${name}`]),
];
const TEXTS = [
  "/etc/kernel/cmdline",
  "/etc/crypttab",
  "/etc/mdadm/mdadm.conf",
  "/etc/mdadm.conf",
  "/etc/initramfs-tools/conf.d/resume",
  "/etc/dracut.conf",
  "/etc/lvm/lvm.conf",
  "/etc/lvm/lvmlocal.conf",
];
/** Settings of which every file counts that is named so. */
const DIRECTORIES: readonly (readonly [path: string, name: RegExp])[] = [
  ["/etc/default/grub.d", /./],
  ["/etc/dracut.conf.d", /./],
  ["/etc/systemd/system", /\.mount$/],
];
const ESP_PATHS = ["/boot/efi", "/efi", "/boot"];
/** Further ESPs (a second disk's) are found where they are mounted. */
const ESP_MOUNT = /^\/(boot|efi)[^/]*(\/[^/]+)?$/;
const MOST_ESP_FILES = 400;

/** The ESP's files below `EFI/`, four levels deep. */
function espFiles(host: Host, base: string, esp: string): string[] {
  const found: string[] = [];
  const walk = (path: string, depth: number) => {
    if (depth > 4 || found.length >= MOST_ESP_FILES) return;
    for (const name of host.list(`${base}${path}`)) {
      const child = `${path}/${name}`;
      if (host.lstat(`${base}${child}`)?.kind === "directory") walk(child, depth + 1);
      else found.push(child);
    }
  };
  for (const name of host.list(`${base}${esp}`)) if (/^efi$/i.test(name)) walk(`${esp}/${name}`, 1);
  return found;
}

/** Where FAT is mounted below the root, as the set sees it. */
function fatMounts(mountinfo: string, base: string): string[] {
  const lines = parseMountinfo(mountinfo).filter(({ type, path }) => type === "vfat" && path.startsWith(`${base}/`));
  return [...new Set(lines.map(({ path }) => path.slice(base.length)))];
}

/** Entries of the Boot Loader Specification and the loader's own settings, of a boot file system. */
function loaderTexts(host: Host, base: string, top: string): string[] {
  const entries = host.list(`${base}${top}/loader/entries`).filter((name) => /\.conf$/i.test(name));
  return [`${top}/loader/loader.conf`, ...entries.map((name) => `${top}/loader/entries/${name}`)];
}

/** Command lines inside unified kernel images, by `PATH#.cmdline`. */
function unifiedTexts(host: Host, base: string, files: readonly string[]): [string, string][] {
  return files.flatMap((path): [string, string][] => {
    if (!/\/EFI\/Linux\/[^/]+\.efi$/i.test(path)) return [];
    const line = unifiedCommandLine((offset, length) => host.readAt(`${base}${path}`, offset, length));
    return line === undefined || line === "" ? [] : [[`${path}#.cmdline`, line]];
  });
}

/** The ESPs' trees, and where else boot loaders keep entries. */
function bootFileSystems(host: Host, base: string): { tops: string[]; espTree: string[] } {
  // The usual ones first: looking into them makes systemd mount them.
  const usual = ESP_PATHS.flatMap((path) => espFiles(host, base, path));
  const mountinfo = host.tryReadText("/proc/self/mountinfo") ?? "";
  const others = fatMounts(mountinfo, base).filter((path) => !ESP_PATHS.includes(path) && ESP_MOUNT.test(path));
  return {
    tops: [...ESP_PATHS, ...others],
    espTree: [...usual, ...others.flatMap((path) => espFiles(host, base, path))],
  };
}

/**
 * Looks for everything that has to do with starting the system below `base`; `started` are files that the firmware's
 * boot entries name. Changes nothing.
 */
export function readBootFiles(
  host: Host,
  base: string,
  started: readonly string[] = [],
): Pick<Facts, "files" | "texts"> {
  const { tops, espTree } = bootFileSystems(host, base);
  const named = tops.flatMap((top) =>
    started.flatMap((file) => {
      const path = writtenPath(host, `${base}${top}`, file);
      return path === undefined ? [] : [`${top}${path}`];
    }),
  );
  const kernels = host.list(`${base}/boot`).filter((name) => /^(vmlinu[xz]|init)/.test(name));
  const wanted = [...loaderPaths("files"), ...FILES, ...kernels.map((name) => `/boot/${name}`)];
  const files = [...new Set([...wanted.filter((path) => host.exists(`${base}${path}`)), ...espTree, ...named])];
  const settings = DIRECTORIES.flatMap(([path, name]) =>
    host
      .list(`${base}${path}`)
      .filter((file) => name.test(file))
      .map((file) => `${path}/${file}`),
  );
  const paths = [
    ...loaderPaths("texts"),
    ...TEXTS,
    ...settings,
    ...espTree.filter((path) => /\/grub\.cfg$/i.test(path)),
    ...tops.flatMap((top) => loaderTexts(host, base, top)),
  ];
  const texts = [...new Set(paths)].flatMap((path): [string, string][] => {
    const text = host.tryReadText(`${base}${path}`) ?? "";
    return text === "" ? [] : [[path, text]];
  });
  return { files, texts: Object.fromEntries([...texts, ...unifiedTexts(host, base, espTree)]) };
}
