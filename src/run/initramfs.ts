import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { compressionOf } from "../formats/archive/compression.ts";
import { CpioNames } from "../formats/archive/cpio-names.ts";
import { lz4LegacyBlocks } from "../formats/archive/lz4.ts";
import { decompressPieces } from "../host/decompress-stream.ts";
import type { Host } from "../host/host.ts";
import { nodesBelow } from "../layout/graph.ts";
import { type Layout, type LayoutNode, nodesOf } from "../layout/types.ts";

/** What an initramfs holds, or why it can't be looked into. */
type Contents = { readonly names: readonly string[] } | { readonly unknown: string };

/** Paths in an initramfs: uncompressed archives (microcode) first, then a compressed one. */
export async function initramfsNames(bytes: Uint8Array): Promise<Contents> {
  const plain = new CpioNames();
  plain.feed(bytes);
  plain.finish();
  if (plain.rest === undefined) return { names: plain.names };
  const compressed = bytes.subarray(plain.rest);
  const kind = compressionOf(compressed);
  if (kind !== "gz" && kind !== "zst" && kind !== "xz" && kind !== "lz4") {
    return { unknown: kind === undefined ? msg`it is not an archive` : msg`it is compressed with ${kind}` };
  }
  const inner = new CpioNames();
  if (kind === "lz4") for (const block of lz4LegacyBlocks(compressed)) inner.feed(block);
  else await decompressPieces(kind, compressed, (piece) => inner.feed(piece));
  inner.finish();
  if (!inner.complete) throw new MondoError("damaged", msg`the archive in it ends without its trailer`);
  return { names: [...plain.names, ...inner.names] };
}

/** An initramfs of the restored system, and the kernel that it is for. */
interface Initramfs {
  readonly version: string;
  readonly path: string;
}

const NAMES = [
  (version: string) => `initrd.img-${version}`,
  (version: string) => `initramfs-${version}.img`,
  (version: string) => `initrd-${version}`,
];

/** Programs without which a layer below the root does not start. */
const PROGRAMS: Partial<Record<LayoutNode["kind"], readonly string[]>> = {
  raid: ["mdadm"],
  "logical-volume": ["lvm"],
  luks: ["cryptsetup", "systemd-cryptsetup"],
};

/** For each layer below the root the programs of which one will do. */
function rootPrograms(layout: Layout): (readonly string[])[] {
  const root = nodesOf(layout, "mount").find(({ path }) => path === "/");
  const kinds = new Set(root ? nodesBelow(layout, root.of).map(({ kind }) => kind) : []);
  return [...kinds].flatMap((kind) => (PROGRAMS[kind] ? [PROGRAMS[kind]] : [])).sort();
}

/** Those in /boot, named as by Debian, Fedora or SUSE, and the copies that boot loaders read. */
function initramfsOf(host: Host, layout: Layout, root: string): Initramfs[] {
  const copies = nodesOf(layout, "loader").flatMap(({ details }) => details.copies ?? []);
  return host.list(`${root}/lib/modules`).flatMap((version) => {
    const own = NAMES.map((name) => `/boot/${name(version)}`);
    const paths = [...own, ...copies.filter(({ from }) => own.includes(from)).map(({ to }) => to)];
    return paths.filter((path) => host.exists(`${root}${path}`)).map((path) => ({ version, path }));
  });
}

const moduleName = (path: string) =>
  path
    .slice(path.lastIndexOf("/") + 1)
    .replace(/\.ko(\.\w+)?$/, "")
    .replaceAll("-", "_");

/** The drivers that this kernel has as modules; others are built in or have another name. */
function asModules(host: Host, root: string, version: string, drivers: readonly string[]): string[] {
  const text = host.tryReadText(`${root}/lib/modules/${version}/modules.dep`) ?? "";
  const modules = new Set(text.split("\n").map((line) => moduleName(line.split(":")[0] ?? "")));
  return drivers.filter((driver) => modules.has(driver));
}

/** What was found in the initramfs files. */
export interface InitramfsFindings {
  readonly defects: readonly string[];
  /** Sentences for people. */
  readonly notes: readonly string[];
}

async function lookInto(
  host: Host,
  root: string,
  image: Initramfs,
  { drivers, programs }: { readonly drivers: readonly string[]; readonly programs: readonly (readonly string[])[] },
) {
  const wanted = asModules(host, root, image.version, drivers);
  if (wanted.length + programs.length === 0) return {};
  try {
    const found = await initramfsNames(host.read(`${root}${image.path}`));
    if ("unknown" in found) return { note: msg`${image.path} was not checked: ${found.unknown}` };
    const held = new Set(found.names.filter((name) => name.includes(".ko")).map(moduleName));
    const files = new Set(found.names.map((name) => name.slice(name.lastIndexOf("/") + 1)));
    const lacking = [
      ...wanted.filter((driver) => !held.has(driver)),
      ...programs.flatMap((any) => (any.some((name) => files.has(name)) ? [] : (any[0] ?? []))),
    ];
    const all = [...wanted, ...programs.flatMap(([first]) => first ?? [])];
    if (lacking.length === 0) return { note: `${image.path} holds ${all.join(", ")}` };
    return {
      defect: msg`${image.path} lacks ${lacking.join(", ")}, without which the root file system can't be mounted`,
    };
  } catch (error) {
    return { defect: msg`${image.path} can't be read as an initramfs: ${messageOf(error)}` };
  }
}

/**
 * Checks that every initramfs of the restored system holds the drivers of the disks that its root is on now, and the
 * programs of the layers between. Without drivers none was made again, and none is looked into.
 */
export async function checkInitramfs(
  host: Host,
  layout: Layout,
  root: string,
  drivers: readonly string[],
): Promise<InitramfsFindings> {
  const defects: string[] = [];
  const notes: string[] = [];
  if (drivers.length === 0) return { defects, notes };
  const programs = rootPrograms(layout);
  // One after the other: each is about 50 MB.
  for (const image of initramfsOf(host, layout, root)) {
    const { defect, note } = await lookInto(host, root, image, { drivers, programs });
    if (defect !== undefined) defects.push(defect);
    if (note !== undefined) notes.push(note);
  }
  return { defects, notes };
}
