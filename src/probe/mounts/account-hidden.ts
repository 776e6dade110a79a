import { parseMountinfo } from "../../formats/fs/mount-tables.ts";
import { mountHolding } from "../../layout/graph.ts";
import { type LayoutNode, nodesOf, type Unsaved } from "../../layout/types.ts";
import type { HiddenFacts } from "../facts.ts";
import { type Accounting, isChosen } from "./account-mounts.ts";
import { classOfType } from "./mount-class.ts";
import { lowerPath } from "./set-path.ts";

/** Filled again at each start: what an installation left below is not missed. */
const REFILLED = /^\/(?:proc|sys|dev|run|tmp|var\/run|var\/lock|var\/tmp)(?:\/|$)/;

function hidden(path: string, { files, bytes, more }: HiddenFacts): Unsaved {
  const count = `${more ? "at least " : ""}${files} file${files === 1 && !more ? "" : "s"}`;
  return {
    kind: "unsaved",
    id: `unsaved:hidden:${path}`,
    path,
    what: `${count} below what is mounted there`,
    ...(REFILLED.test(path)
      ? { why: "each start mounts over them", standing: "idle" }
      : { why: "the mount hides them: unmount it to see them, and save or delete them", standing: "lost" }),
    sizeBytes: bytes,
  };
}

/** Files of the set's file systems that a mount hides: they are not saved, and named with their size. */
export function accountHidden({ facts, layout, chosen }: Accounting): LayoutNode[] {
  return Object.entries(facts.hidden ?? {}).flatMap(([path, found]) => {
    const parent = path.slice(0, path.lastIndexOf("/")) || "/";
    return isChosen(chosen, path) && mountHolding(layout, parent) ? [hidden(path, found)] : [];
  });
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
    const why = "another file system is mounted over it";
    return [
      { kind: "unsaved", id: `unsaved:covered:${path}`, path, what: `${type} on ${source}`, why, standing: "lost" },
    ];
  });
}
