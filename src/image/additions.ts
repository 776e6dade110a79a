/** What an administrator adds to the rescue system: tools, files and directories that lists name, and modules. */

import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import { formatBytes } from "../base/units.ts";
import type { Host } from "../host/host.ts";
import { requireRootOnly } from "../host/root-only.ts";
import { copyPath, copyTree, findWithin } from "./copy.ts";
import type { LibraryCloser } from "./libraries.ts";
import { refuseSecrets } from "./secrets.ts";
import { addNeedsOf, findTool } from "./tools.ts";
import { Tree } from "./tree.ts";

/** Where lists are looked for, unless another directory is named. */
export const DEPLISTS = "/etc/mondo/deplist.d";

/** Kernel modules that are loaded first, or never. Names have `_`, never `-`. */
export interface OwnModules {
  readonly force: readonly string[];
  readonly deny: readonly string[];
}

/** What is added to what a rescue system has by itself. */
export interface Additions {
  /** Directory of the lists; undefined: there are none. */
  readonly deplists: string | undefined;
  readonly modules: OwnModules;
}

/** What a line of a list names: a tool by its name, or anything by its absolute path. */
export interface ListedName {
  readonly name: string;
  /** `/etc/mondo/deplist.d/raid.conf:3` */
  readonly where: string;
}

/** They are the kernel's, or empty after a restart. */
const NOT_KEPT = /^\/(dev|proc|run|sys)(\/|$)/;

const wrong = (message: string, hint: string) => new MondoError("usage", message, { hint });

function nameOf(line: string, where: string): string {
  if (!line.includes("/")) {
    if (!/\s/.test(line)) return line;
    throw wrong(msg`${where}: "${line}" is no name of a tool`, msg`Write one name or path in each line.`);
  }
  const hint = msg`Write the name of a tool, or a path from / on.`;
  if (!line.startsWith("/")) throw wrong(msg`${where}: ${line} is not an absolute path`, hint);
  const parts = line.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..") || parts.length === 0) throw wrong(msg`${where}: ${line} is no path to add`, hint);
  const path = `/${parts.join("/")}`;
  if (!NOT_KEPT.test(path)) return path;
  throw wrong(msg`${where}: ${path} is made anew at each start`, msg`Leave it out.`);
}

/** Pure: the names in a list, one in each line; `#` begins a comment. Throws `usage` for what is none. */
export function parseDeplist(file: string, text: string): ListedName[] {
  return text.split("\n").flatMap((raw, index) => {
    const line = raw.replace(/(^|\s)#.*$/, "").trim();
    const where = `${file}:${index + 1}`;
    return line === "" ? [] : [{ name: nameOf(line, where), where }];
  });
}

/**
 * What the lists (`*.conf`) in a directory name; nothing where the usual one is not there. Throws `not-found`, `usage`,
 * and `refused` where others than root could change them.
 */
export function readDeplists(host: Host, directory: string): ListedName[] {
  if (host.stat(directory)?.kind !== "directory") {
    if (directory === DEPLISTS && !host.exists(directory)) return [];
    throw new MondoError("not-found", msg`--deplist ${directory} is not a directory`, {
      hint: msg`Name the directory with the lists (*.conf), or none.`,
    });
  }
  requireRootOnly(host, directory);
  const names = host.listWhole(directory).filter((name) => name.endsWith(".conf") && !name.startsWith("."));
  return names.flatMap((name) => {
    const file = `${directory}/${name}`;
    requireRootOnly(host, file);
    return parseDeplist(file, host.readText(file));
  });
}

/** Where on the source system it is; undefined: nowhere. */
const placeOf = (host: Host, root: string, { name }: ListedName): string | undefined =>
  name.startsWith("/") ? (findWithin(host, root, name) === undefined ? undefined : name) : findTool(host, root, name);

/** One error for all that is not there. */
function requireListed(host: Host, root: string, listed: readonly ListedName[]): void {
  const missing = listed.filter((one) => placeOf(host, root, one) === undefined);
  if (missing.length === 0) return;
  const names = missing.map(({ name, where }) => `${name} (${where})`);
  throw new MondoError("not-found", msg`not on this system, but listed for the rescue system: ${names.join(", ")}`, {
    hint: msg`Install what has it, or take the line out.`,
    data: { missing: missing.map(({ name }) => name) },
  });
}

/** Adds the file or directory at a path, with what its programs need. */
function addPath(host: Host, root: string, tree: Tree, libraries: LibraryCloser, path: string): void {
  const end = findWithin(host, root, path) ?? path;
  if (host.lstat(`${root}${end}`)?.kind !== "directory") {
    addNeedsOf(host, root, tree, libraries, path, copyPath(host, root, tree, path));
    return;
  }
  const before = new Set(tree.entries().map(([place]) => place));
  copyTree(host, root, tree, end);
  if (Tree.placeOf(end) !== Tree.placeOf(path)) tree.add(path, { kind: "link", target: end });
  for (const [place, node] of tree.entries()) {
    if (node.kind === "file" && !before.has(place)) addNeedsOf(host, root, tree, libraries, `/${place}`, `/${place}`);
  }
}

/** As addPath(); what the rescue system has by itself is not replaced. */
function addListed(host: Host, root: string, tree: Tree, libraries: LibraryCloser, one: ListedName): void {
  try {
    addPath(host, root, tree, libraries, placeOf(host, root, one) ?? one.name);
  } catch (error) {
    if (!(error instanceof MondoError)) throw error;
    const code = error.code === "bug" ? "refused" : error.code;
    throw new MondoError(code, `${one.where}: ${error.message}`, {
      hint: error.hint ?? msg`Take the line out, or name what is beside it.`,
    });
  }
}

/**
 * Adds what the lists name, at the same paths, and tells how much it is. Programs bring their libraries, scripts their
 * interpreter. Throws `not-found` that names all that is missing, `refused` for secrets and for what the rescue system
 * has by itself.
 */
export function addAllListed(
  host: Host,
  root: string,
  tree: Tree,
  libraries: LibraryCloser,
  listed: readonly ListedName[],
  reporter: Reporter,
): void {
  if (listed.length === 0) return;
  requireListed(host, root, listed);
  const before = new Set(tree.entries().map(([place]) => place));
  for (const one of listed) addListed(host, root, tree, libraries, one);
  const added = tree.entries().filter(([place]) => !before.has(place));
  const places = new Set(added.map(([place]) => place));
  refuseSecrets(host, tree, (place) => places.has(place));
  const files = added.flatMap(([, node]) => (node.kind === "file" ? [host.stat(node.source)?.sizeBytes ?? 0] : []));
  const bytes = files.reduce((sum, size) => sum + size, 0);
  const size = formatBytes(bytes);
  reporter.info(
    files.length === 1
      ? msg`Listed for the rescue system: 1 file that it does not have by itself, ${size}`
      : msg`Listed for the rescue system: ${files.length} files that it does not have by itself, ${size}`,
  );
}
