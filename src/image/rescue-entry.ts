/** A rescue system beside the machine's own systems, in the menu of its boot loader. */

import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { requireBootWords } from "../base/plain-boot-words.ts";
import type { Reporter } from "../base/report.ts";
import { formatBytes, MIB } from "../base/units.ts";
import { commonWords } from "../drivers/media/boot-menu.ts";
import { parseMountinfo } from "../formats/fs/mount-tables.ts";
import type { Host } from "../host/host.ts";

/** What is put beside the machine's systems. */
export interface RescueFiles {
  readonly kernel: string;
  readonly initrd: string;
  /** Further kernel words. */
  readonly words: readonly string[];
}

const TITLE = msg`Mondo rescue system`;
const ID = "mondo-rescue";
const GRUB_SCRIPT = "/etc/grub.d/42_mondo";
/**
 * Name of the entry where boot loaders read files. GRUB and systemd-boot sort by names, the first or last is their
 * default: capitals come behind machine ids and names of distributions, for each of them. No `sort-key`: systemd-boot
 * puts entries with one before all others. Source: UAPI group, version format specification; GRUB's blscfg.
 */
const BLS_FILE = "MONDO-0-rescue.conf";
const FILES = ["vmlinuz", "initrd.img"] as const;
/** Programs that make grub.cfg again, and their arguments. Debian's knows the place itself. */
const UPDATES: readonly (readonly string[])[] = [
  ["update-grub"],
  ["grub2-mkconfig", "-o", "/boot/grub2/grub.cfg"],
  ["grub-mkconfig", "-o", "/boot/grub/grub.cfg"],
];
/** Room that /boot keeps for the machine's own next kernel. */
const SPARE_BYTES = 64 * MIB;

/** Where the entry goes: a script of GRUB's, or a file that boot loaders read as it is (BLS). */
export type EntryPlace =
  | { readonly kind: "grub"; readonly directory: string }
  | { readonly kind: "bls"; readonly directory: string; readonly entries: string };

/** The words of the entry's kernel: it never does anything by itself. Throws `usage` for what is no word. */
export function entryWords(words: readonly string[]): string {
  requireBootWords(words);
  return ["interactive", ...commonWords, ...words].join(" ");
}

/**
 * The script for /etc/grub.d. Whatever it can't find out, it prints nothing and ends well: one script that fails leaves
 * the machine without a new menu for its next kernel. Source: the GRUB manual, and 30_os-prober for how a path is
 * reached.
 */
export function grubScript(directory: string, words: string): string {
  return `#!/bin/sh
# Made by "mondo image --install"; "mondo image --remove" takes it away.
for lib in /usr/share/grub /usr/lib/grub /usr/share/grub2; do
  if [ -e "$lib/grub-mkconfig_lib" ]; then . "$lib/grub-mkconfig_lib"; break; fi
done
for file in vmlinuz initrd.img; do [ -e ${directory}/$file ] || exit 0; done
set +e
place=$(make_system_path_relative_to_its_root ${directory}) || exit 0
device=$(\${grub_probe:-grub-probe} --target=device ${directory}) || exit 0
access=$(prepare_grub_to_access_device $device) || exit 0
echo "menuentry '${TITLE}' --class gnu-linux --class os --id ${ID} {"
printf '%s\\n' "$access" | sed 's/^/\\t/'
printf '\\tlinux %s/vmlinuz ${words}\\n' "$place"
printf '\\tinitrd %s/initrd.img\\n}\\n' "$place"
`;
}

/** An entry of the Boot Loader Specification; it sorts behind the system's own. */
export function blsEntry(directory: string, words: string): string {
  return `# Made by "mondo image --install"; "mondo image --remove" takes it away.
title ${TITLE}
version 0
linux ${directory}/vmlinuz
initrd ${directory}/initrd.img
options ${words}
`;
}

type Files = Pick<Host, "exists" | "tryReadText" | "readText">;

/** Where this machine's boot loader looks. Throws `unsupported` where that is nowhere known. */
export function findEntryPlace(host: Files): EntryPlace {
  // systemd-boot: kernels lie on the partition that it reads.
  for (const boot of ["/boot", "/efi", "/boot/efi"]) {
    const isItsOwn = host.exists(`${boot}/loader/loader.conf`) && host.exists(`${boot}/EFI/systemd`);
    if (isItsOwn) return { kind: "bls", directory: `${boot}/mondo`, entries: `${boot}/loader/entries` };
  }
  const config = ["/boot/grub2/grub.cfg", "/boot/grub/grub.cfg"].map((path) => host.tryReadText(path) ?? "").join("\n");
  if (/^\s*blscfg\b/m.test(config) && host.exists("/boot/loader/entries")) {
    return { kind: "bls", directory: "/boot/mondo", entries: "/boot/loader/entries" };
  }
  if (config.trim() !== "" && host.exists("/etc/grub.d")) return { kind: "grub", directory: "/boot/mondo" };
  throw new MondoError("unsupported", msg`the boot loader of this machine has no menu that is known here`, {
    hint: msg`GRUB 2 and systemd-boot have one; with any other, start the rescue system with mondo image --kexec.`,
  });
}

/** The path as a boot loader sees it: from the top of the file system that it lies on. */
function loaderPath(host: Files, path: string): string {
  const mounts = parseMountinfo(host.readText("/proc/self/mountinfo"));
  const holding = mounts.filter((line) => path.startsWith(line.path === "/" ? "/" : `${line.path}/`));
  const mount = holding.sort((a, b) => a.path.length - b.path.length).at(-1);
  const below = mount && mount.path !== "/" ? path.slice(mount.path.length) : path;
  return `${mount?.root === "/" ? "" : (mount?.root ?? "")}${below}`;
}

async function updateGrub(host: Host, reporter: Reporter): Promise<void> {
  const argv = UPDATES.find(([tool = ""]) => host.which(tool) !== undefined);
  if (!argv) {
    throw new MondoError(
      "tool-missing",
      msg`GRUB's menu can't be made again: neither update-grub nor grub-mkconfig is here`,
      {
        hint: msg`Install grub-common (Debian) or grub2-tools.`,
      },
    );
  }
  reporter.step(msg`Making GRUB's menu again`);
  await host.run({ argv, timeoutMs: 300_000 });
}

function requireRoom(host: Host, directory: string, files: RescueFiles): void {
  const needed = [files.kernel, files.initrd].reduce(
    (sum, path) => sum + (host.stat(path)?.sizeBytes ?? 0),
    SPARE_BYTES,
  );
  const above = directory.slice(0, directory.lastIndexOf("/"));
  const free = host.freeBytes(above);
  if (free >= needed) return;
  throw new MondoError(
    "no-space",
    msg`${above} has ${formatBytes(free)} free; the rescue system needs ${formatBytes(needed)}`,
    {
      hint: msg`That is with ${formatBytes(SPARE_BYTES)} for the next kernel. Remove old kernels.`,
    },
  );
}

/** Copies kernel and initrd. Those that are there stay until both new ones are whole: they fit each other alone. */
export function placeFiles(host: Host, directory: string, files: Pick<RescueFiles, "kernel" | "initrd">): void {
  host.makeDirectory(directory, 0o700);
  const newPath = (name: string) => `${directory}/${name}.new`;
  try {
    for (const name of FILES) {
      host.copy(name === "vmlinuz" ? files.kernel : files.initrd, newPath(name));
      host.syncFile(newPath(name));
    }
  } catch (error) {
    for (const name of FILES) host.remove(newPath(name));
    throw error;
  }
  for (const name of FILES) host.rename(newPath(name), `${directory}/${name}`);
}

/** Adds the script of GRUB's, and makes the menu again; where that fails, the script does not stay in its way. */
async function addToGrub(host: Host, directory: string, words: string, reporter: Reporter): Promise<void> {
  host.write(GRUB_SCRIPT, grubScript(directory, words), 0o755);
  try {
    await updateGrub(host, reporter);
    const configs = ["/boot/grub/grub.cfg", "/boot/grub2/grub.cfg"];
    if (configs.some((path) => host.tryReadText(path)?.includes(ID))) return;
    throw new MondoError("tool-failed", msg`GRUB's menu was made again, and has no entry ${ID}`);
  } catch (error) {
    host.remove(GRUB_SCRIPT);
    throw error;
  }
}

/** Puts the rescue system into the boot menu, or renews it there; the menu's default stays. Returns its directory. */
export async function installEntry(host: Host, files: RescueFiles, reporter: Reporter): Promise<string> {
  const words = entryWords(files.words);
  const place = findEntryPlace(host);
  const { directory } = place;
  requireRoom(host, directory, files);
  placeFiles(host, directory, files);
  if (place.kind === "grub") await addToGrub(host, directory, words, reporter);
  else host.write(`${place.entries}/${BLS_FILE}`, blsEntry(loaderPath(host, directory), words), 0o644);
  return directory;
}

/** Takes it out of the menu, and its files away, but not what others keep beside them. False: there was none. */
export async function removeEntry(host: Host, reporter: Reporter): Promise<boolean> {
  const directories = ["/boot", "/efi", "/boot/efi"];
  const ours = FILES.flatMap((name) => [name, `${name}.new`]);
  const paths = directories.flatMap((boot) => [
    `${boot}/loader/entries/${BLS_FILE}`,
    ...ours.map((name) => `${boot}/mondo/${name}`),
  ]);
  const found = paths.filter((path) => host.exists(path));
  const hasScript = host.exists(GRUB_SCRIPT);
  for (const path of found) host.remove(path);
  for (const boot of found.length > 0 ? directories : []) host.removeEmpty(`${boot}/mondo`);
  if (hasScript) {
    host.remove(GRUB_SCRIPT);
    await updateGrub(host, reporter);
  }
  return hasScript || found.length > 0;
}
