import { stored } from "../base/message.ts";
import { type GrubFeature, grubVersion, unreadByGrub } from "../drivers/loader/grub-reads.ts";
import { calledOf, mountHolding, nodesBelow } from "../layout/graph.ts";
import { kindOf } from "../layout/kinds.ts";
import { type Filesystem, type Layout, type LayoutNode, type Loader, nodeById } from "../layout/types.ts";

/** Where kernels and, as a rule, GRUB's own files lie. */
const BOOT = "/boot";

/** GRUB that asks for the pass phrase itself reads only some headers and needs modules of its own: no support yet. */
function encryptedBoot(layout: Layout): LayoutNode[] {
  const boot = mountHolding(layout, BOOT)?.mount;
  const encrypted = boot && nodesBelow(layout, boot.of).find((node) => kindOf(node).encrypts);
  if (!encrypted) return [];
  const what = stored`GRUB's files on the encrypted volume ${calledOf(encrypted)}`;
  return [{ kind: "unsupported", id: "unsupported:encrypted-boot", on: encrypted.id, path: BOOT, what }];
}

function featureWords([feature, since]: GrubFeature, version: string | undefined): string {
  return since === undefined
    ? stored`${feature} (which no GRUB reads)`
    : stored`${feature} (which GRUB reads since ${since}; ${version} is installed)`;
}

/** A restore makes all features again: what GRUB doesn't read now it won't read then. */
function unreadFeatures(
  layout: Layout,
  grub: readonly Loader[],
  texts: Readonly<Record<string, string>>,
): LayoutNode[] {
  const version = grubVersion(texts);
  const directories = [BOOT, ...grub.flatMap(({ details }) => details.directory ?? [])];
  const holders = directories.flatMap((path) => {
    const fs = nodeById(layout, mountHolding(layout, path)?.mount.of ?? "");
    return fs?.kind === "filesystem" ? [[path, fs] as const] : [];
  });
  const found = new Map<Filesystem, string>();
  for (const [path, fs] of holders) if (!found.has(fs)) found.set(fs, path);
  return [...found].flatMap(([fs, path]): LayoutNode[] => {
    const unread = unreadByGrub(fs, version).map((feature) => featureWords(feature, version));
    if (unread.length === 0) return [];
    const text = stored`${path} is on a file system (${fs.type}) with ${unread.join(", ")}: a restored system starts from it only if this one does, thanks to what its distribution added to GRUB`;
    return [{ kind: "note", id: `note:grub:${path}`, text }];
  });
}

/** A restore installs GRUB with the files of the restored system. */
function missingModules(grub: readonly Loader[]): LayoutNode[] {
  if (!grub.some(({ details }) => details.modules === false)) return [];
  const text = stored`grub-install, or GRUB's modules for BIOS, are not installed here (Debian: grub2-common, grub-pc-bin): a restored system won't start before they are`;
  return [{ kind: "note", id: "note:grub-modules", text }];
}

/** Notes and obstacles about the file systems that GRUB must read, if it is among the loaders. */
export function grubBootNodes(
  layout: Layout,
  loaders: readonly LayoutNode[],
  texts: Readonly<Record<string, string>>,
): LayoutNode[] {
  const grub = loaders.filter((node): node is Loader => node.kind === "loader" && node.type.startsWith("grub"));
  return grub.length === 0
    ? []
    : [...encryptedBoot(layout), ...missingModules(grub), ...unreadFeatures(layout, grub, texts)];
}
