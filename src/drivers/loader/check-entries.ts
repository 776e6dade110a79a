import { msg } from "../../base/message.ts";
import type { BootEntry } from "../../formats/boot/boot-entries.ts";
import type { Host } from "../../host/host.ts";
import { knownSpecs, placedLayout, specChecker } from "../../layout/device-specs.ts";
import { mountHolding } from "../../layout/graph.ts";
import { nodeById } from "../../layout/types.ts";
import type { LoaderContext } from "../contracts.ts";
import { existsIgnoringCase } from "./esps.ts";

/** Words of a kernel's command line that name what it can't start (or wake up) without. */
const NAMES_DEVICE = /^(root|resume)=(.+)$/;

/**
 * What a command line names and is on none of the restored disks; each string is a defect. `where` is the file that it
 * stands in.
 */
export function commandLineDefects(
  context: Pick<LoaderContext, "layout" | "targets" | "names">,
  where: string,
  options: string,
): string[] {
  const { layout, targets, names } = context;
  const leads = specChecker(layout, knownSpecs(placedLayout(layout, targets)), names);
  return options.split(/\s+/).flatMap((word) => {
    const [, key, spec] = NAMES_DEVICE.exec(word.replaceAll(/["']/g, "")) ?? [];
    if (spec === undefined || leads(spec)) return [];
    return [msg`${where} names ${key}=${spec}, which is on none of the restored disks`];
  });
}

/**
 * The path below the root of a file that a loader finds on the file system of `top`, `/` being that file system's own
 * root.
 */
function pathOnFilesystem(context: LoaderContext, top: string, file: string): { path: string; ignoresCase: boolean } {
  const holder = mountHolding(context.layout, top);
  const fs = holder && nodeById(context.layout, holder.mount.of);
  const { path = "/", root = "/" } = holder?.mount ?? {};
  // Of a btrfs subvolume a loader sees the path from the top of the file system.
  const inside = root !== "/" && file.startsWith(`${root}/`) ? file.slice(root.length) : file;
  return { path: `${path === "/" ? "" : path}${inside}`, ignoresCase: fs?.kind === "filesystem" && fs.type === "vfat" };
}

/** Whether a file that a loader reads from the file system holding `top` was restored. */
export function hasFile(host: Host, context: LoaderContext, top: string, file: string): boolean {
  const { path, ignoresCase } = pathOnFilesystem(context, top, file.startsWith("/") ? file : `/${file}`);
  return host.exists(`${context.root}${path}`) || (ignoresCase && existsIgnoringCase(host, context.root, path));
}

/** An entry's files that weren't restored, and what its command line names in vain; each string is a defect. */
export function entryDefects(
  host: Host,
  context: LoaderContext,
  place: { readonly where: string; readonly top: string },
  entry: BootEntry,
): string[] {
  const missing = entry.files.filter((file) => !hasFile(host, context, place.top, file));
  return [
    ...missing.map((file) => msg`${place.where} names ${file}, which isn't on the restored disks`),
    ...commandLineDefects(context, place.where, entry.options),
  ];
}
