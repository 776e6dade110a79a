import { stored } from "../../base/message.ts";
import { isBelow, mountPath } from "../../base/mount-path.ts";
import { parseMountinfo } from "../../formats/fs/mount-tables.ts";
import { mountHolding } from "../../layout/graph.ts";
import { escapedPath } from "../../layout/hidden-places.ts";
import { type LayoutNode, nodesOf, type Unsaved } from "../../layout/types.ts";
import type { HiddenFacts } from "../facts.ts";
import { type Accounting, isChosen } from "./account-mounts.ts";
import { classOfType } from "./mount-class.ts";
import { lowerPath } from "./set-path.ts";

/** What names in a directory can't be longer than. */
const LONGEST_NAME = 255;

function lost(path: string, { files, bytes, more }: HiddenFacts, why: string): Unsaved {
  const count = more ? stored`at least ${files} files` : stored`${files} file${files === 1 ? "" : "s"}`;
  return {
    ...{ kind: "unsaved", id: `unsaved:hidden:${path}`, path, what: stored`${count} below what is mounted there`, why },
    ...{ standing: "lost", sizeBytes: bytes },
  };
}

/** Why what lies below a mount point has no place in an archive; undefined: it has. */
function obstacle(path: string, under: string, include: readonly string[]): string | undefined {
  if (include.some((one) => one !== "/" && isBelow(mountPath(one), path)))
    return stored`-I chooses what is mounted over it`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a layout holds no path with control characters
  if (/[\x00-\x1f\x7f-\x9f\u2028\u2029]/.test(path)) return stored`the mount point has a control character in its name`;
  if (escapedPath(under).length > LONGEST_NAME) return stored`the path ${under} is too long for a name in the archive`;
  return undefined;
}

/** Files of the set's file systems that a mount hides: saved, or named with their size. */
export function accountHidden({ facts, layout, chosen }: Accounting): LayoutNode[] {
  const mounts = new Set(nodesOf(layout, "mount").map(({ path }) => path));
  const nodes = Object.entries(facts.hidden ?? {}).flatMap(([path, found]): LayoutNode[] => {
    const under = found.under ?? mountHolding(layout, path.slice(0, path.lastIndexOf("/")) || "/")?.mount.path;
    if (under === undefined || !mounts.has(under) || !isChosen(chosen, path)) return [];
    const why = obstacle(path, under, chosen.include);
    if (why !== undefined) return found.files === 0 ? [] : [lost(path, found, why)];
    return [{ kind: "hidden", id: `hidden:${path}`, path, under, files: found.files, sizeBytes: found.bytes }];
  });
  const unseen = (facts.unseen ?? []).filter((path) => mounts.has(path) && isChosen(chosen, path));
  if (unseen.length === 0) return nodes;
  const text = stored`What lies below mount points of ${unseen.join(", ")} can't be looked at (that takes Linux 5.2 and CAP_SYS_ADMIN): if there is anything, it is not saved`;
  return [...nodes, { kind: "note", id: "note:unseen", text }];
}

/** Whole mounts that a later one at the same place hides. */
export function accountCovered({ facts, layout, root, chosen }: Accounting): LayoutNode[] {
  const seen = parseMountinfo(facts.mountinfo);
  const saved = new Set(nodesOf(layout, "mount").map(({ path }) => path));
  const savedNumbers = new Set(
    seen.flatMap(({ path, devno }) => (saved.has(lowerPath(root, path) ?? "") ? [devno] : [])),
  );
  const covered = parseMountinfo(facts.mountinfo, "covered").filter(
    ({ type, devno }) => classOfType(type) === "local" && !savedNumbers.has(devno),
  );
  return covered.flatMap(({ path: full, type, source, devno }): Unsaved[] => {
    const path = lowerPath(root, full);
    if (path === undefined || path === "/" || !isChosen(chosen, path)) return [];
    if (seen.some((line) => line.devno === devno)) return [];
    const why = stored`another file system is mounted over it`;
    return [
      {
        kind: "unsaved",
        id: `unsaved:covered:${path}`,
        path,
        what: stored`${type} on ${source}`,
        why,
        standing: "lost",
      },
    ];
  });
}
