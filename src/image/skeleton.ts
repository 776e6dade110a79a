import group from "../../initrd/etc/group" with { type: "text" };
import hosts from "../../initrd/etc/hosts" with { type: "text" };
import motd from "../../initrd/etc/motd" with { type: "text" };
import nsswitch from "../../initrd/etc/nsswitch.conf" with { type: "text" };
import passwd from "../../initrd/etc/passwd" with { type: "text" };
import profile from "../../initrd/etc/profile" with { type: "text" };
import mapsX86 from "../../initrd/proc/self/maps" with { type: "text" };
import mapsArm64 from "../../initrd/proc/self/maps-aarch64" with { type: "text" };
import lsblk from "../../initrd/usr/local/sbin/lsblk" with { type: "text" };
import { architecture } from "../base/architecture.ts";
import { encodeText } from "../base/bytes.ts";
import { isElf } from "../formats/boot/elf.ts";
import { CA_BUNDLE, CA_BUNDLES } from "../host/authorities.ts";
import type { Host } from "../host/host.ts";
import { copyPath, copyTree, findWithin } from "./copy.ts";
import type { LibraryCloser } from "./libraries.ts";
import { Tree } from "./tree.ts";

const FILES: Readonly<Record<string, string>> = {
  "etc/group": group,
  "etc/hosts": hosts,
  "etc/motd": motd,
  "etc/nsswitch.conf": nsswitch,
  "etc/passwd": passwd,
  "etc/profile": profile,
  // Without it the runtime aborts before our first line: see initrd/README.md.
  "proc/self/maps": { x86_64: mapsX86, aarch64: mapsArm64 }[architecture.machine],
};

/** Programs of ours that come before the machine's own of the same names. */
const SCRIPTS: Readonly<Record<string, string>> = { "usr/local/sbin/lsblk": lsblk };

const DIRECTORIES = ["dev", "etc", "mnt", "proc", "root", "run", "sys", "usr/bin", "usr/lib", "usr/sbin", "var/log"];

/** Names of the executable in the rescue: it acts by the name that it is called by. */
const EXECUTABLE_NAMES = [
  "usr/bin/mindi",
  "usr/bin/mondo",
  "usr/bin/mondoarchive",
  "usr/bin/mondorestore",
  "usr/sbin/halt",
  "usr/sbin/poweroff",
  "usr/sbin/reboot",
];

/** Terminal descriptions for the consoles of a rescue. */
const TERMINALS = [
  "a/ansi",
  "d/dumb",
  "l/linux",
  "s/screen",
  "v/vt100",
  "v/vt102",
  "v/vt220",
  "x/xterm",
  "x/xterm-256color",
];
const TERMINFO = ["/etc/terminfo", "/lib/terminfo", "/usr/lib/terminfo", "/usr/share/terminfo"];

const DRIVER_OPTIONS = ["/lib/modprobe.d", "/usr/lib/modprobe.d", "/etc/modprobe.d"];

/**
 * The machine's driver options, without its blacklist and install lines: hardening guides use those to disable
 * usb-storage and the like, which the rescue may need.
 */
function driverOptions(host: Host, root: string): string {
  const files = DRIVER_OPTIONS.flatMap((directory) =>
    host
      .list(`${root}${directory}`)
      .filter((name) => name.endsWith(".conf"))
      .map((name) => `${root}${directory}/${name}`),
  );
  const lines = files.flatMap((path) => (host.tryReadText(path) ?? "").replace(/\\\n/g, " ").split("\n"));
  return [...new Set(lines.filter((line) => /^\s*options\s/.test(line)))].map((line) => `${line.trim()}\n`).join("");
}

/** The locale in which names in UTF-8 are shown as they are; part of every C library package since glibc 2.35. */
const LOCALES = ["/usr/lib/locale/C.utf8", "/usr/lib/locale/C.UTF-8"];

/** What is the same on every image: directories, accounts, console nodes, terminal descriptions, our own names. */
export function addSkeleton(host: Host, root: string, tree: Tree): void {
  for (const directory of DIRECTORIES) tree.add(directory, { kind: "directory", mode: 0o755 });
  tree.add("tmp", { kind: "directory", mode: 0o1777 });
  for (const [path, text] of Object.entries(FILES))
    tree.add(path, { kind: "bytes", bytes: encodeText(text), mode: 0o644 });
  for (const [path, text] of Object.entries(SCRIPTS))
    tree.add(path, { kind: "bytes", bytes: encodeText(text), mode: 0o755 });
  // The kernel opens /dev/console for PID 1 before devtmpfs can be mounted.
  tree.add("dev/console", { kind: "char", major: 5, minor: 1, mode: 0o600 });
  tree.add("dev/null", { kind: "char", major: 1, minor: 3, mode: 0o666 });
  // On a CPU without RDRAND the kernel has no entropy yet when PID 1 starts: getrandom(2) gives EAGAIN, and the runtime
  // aborts unless it can fall back to this device (Bun 1.4.5, kernel 6.1).
  tree.add("dev/urandom", { kind: "char", major: 1, minor: 9, mode: 0o666 });
  tree.add("dev/random", { kind: "char", major: 1, minor: 8, mode: 0o666 });
  for (const name of EXECUTABLE_NAMES) tree.add(name, { kind: "link", target: "/init" });
  tree.add("etc/mtab", { kind: "link", target: "/proc/self/mounts" });
  for (const terminal of TERMINALS) {
    const home = TERMINFO.find((directory) => host.exists(`${root}${directory}/${terminal}`));
    if (home !== undefined) copyPath(host, root, tree, `${home}/${terminal}`);
  }
  const options = encodeText(driverOptions(host, root));
  tree.add("etc/modprobe.d/machine.conf", { kind: "bytes", bytes: options, mode: 0o644 });
  if (findWithin(host, root, "/etc/localtime") !== undefined) copyPath(host, root, tree, "/etc/localtime");
  const authorities = CA_BUNDLES.map((path) => host.tryReadText(`${root}${path}`)).find((text) => text !== undefined);
  if (authorities !== undefined)
    tree.add(Tree.placeOf(CA_BUNDLE), { kind: "bytes", bytes: encodeText(authorities), mode: 0o644 });
  const locale = LOCALES.find((directory) => host.exists(`${root}${directory}`));
  if (locale !== undefined) copyTree(host, root, tree, locale);
}

/** Adds a file or directory that a driver needs, with the libraries of programs in it. */
export function addExtraFiles(host: Host, root: string, tree: Tree, libraries: LibraryCloser, path: string): void {
  copyTree(host, root, tree, path);
  const prefix = Tree.placeOf(path);
  for (const [place, node] of tree.entries()) {
    if (node.kind !== "file" || (place !== prefix && !place.startsWith(`${prefix}/`))) continue;
    const bytes = host.read(node.source);
    if (isElf(bytes)) libraries.addFor(`/${place}`, bytes);
  }
}
