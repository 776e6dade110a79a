import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import { Tree } from "./tree.ts";

const MAX_LINKS = 40;

function joinPath(directory: string, name: string): string {
  return directory === "/" ? `/${name}` : `${directory}/${name}`;
}

type Links = Pick<Host, "lstat" | "readLink">;

/**
 * Follows the symbolic links of `path` inside `root` ("" for the running system) and calls `onLink` for each link in
 * the last component. Returns the path of the file that is reached, `undefined` when there is none.
 */
function follow(host: Links, root: string, path: string, onLink: (at: string, target: string) => void) {
  let pending = path.split("/").filter((part) => part !== "");
  let done = "";
  for (let links = 0; pending.length > 0; ) {
    const [part = "", ...rest] = pending;
    pending = rest;
    if (part === ".") continue;
    if (part === "..") {
      done = done.slice(0, Math.max(0, done.lastIndexOf("/")));
      continue;
    }
    const next = joinPath(done === "" ? "/" : done, part);
    const target = host.readLink(`${root}${next}`);
    if (target === undefined) {
      done = next;
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) return undefined;
    if (pending.length === 0) onLink(next, target);
    pending = [...target.split("/").filter((p) => p !== ""), ...pending];
    if (target.startsWith("/")) done = "";
  }
  return host.lstat(`${root}${done}` || "/") ? done : undefined;
}

/** Where `path` ends inside `root` when all its links are followed there; `undefined` when nothing is there. */
export function findWithin(host: Links, root: string, path: string): string | undefined {
  return follow(host, root, path, () => {});
}

/**
 * Adds the file at `path` of the source system with the chain of links that leads to it (`vi` → `/etc/alternatives/vi`
 * → `vim.basic`). Returns the path of the file itself. Throws `not-found` for a dangling chain.
 */
export function copyPath(host: Host, root: string, tree: Tree, path: string): string {
  const file = follow(host, root, path, (at, target) => {
    // A merged /usr has its own links in the tree; a link onto its own place would be a loop.
    const directory = at.slice(0, at.lastIndexOf("/"));
    const aim = Tree.placeOf(target.startsWith("/") ? target : `${Tree.placeOf(directory)}/${target}`);
    if (aim !== Tree.placeOf(at)) tree.add(at, { kind: "link", target });
  });
  const stat = file === undefined ? undefined : host.lstat(`${root}${file}`);
  if (file === undefined || stat?.kind !== "file") {
    throw new MondoError("not-found", msg`${path} is needed on the rescue image, but is not a file`, {
      data: { path },
    });
  }
  // Set-uid bits have no meaning in the rescue, where everyone is root.
  tree.add(file, { kind: "file", source: `${root}${file}`, mode: stat.mode & 0o755 });
  if (Tree.placeOf(path) !== Tree.placeOf(file) && !tree.has(path)) tree.add(path, { kind: "link", target: file });
  return file;
}

/** Adds a file or a whole directory at its own path; links inside a directory stay as they are. */
export function copyTree(host: Host, root: string, tree: Tree, path: string): void {
  const stat = host.lstat(`${root}${path}`);
  if (stat?.kind === "symlink" || stat?.kind === "file") {
    copyPath(host, root, tree, path);
    return;
  }
  if (stat?.kind !== "directory") {
    const what = stat === undefined ? msg`does not exist` : msg`is neither a file nor a directory`;
    throw new MondoError("not-found", msg`${path} is needed on the rescue image, but ${what}`, { data: { path } });
  }
  tree.add(path, { kind: "directory", mode: stat.mode & 0o755 });
  for (const name of host.list(`${root}${path}`)) {
    const inside = `${path}/${name}`;
    const target = host.readLink(`${root}${inside}`);
    if (target !== undefined) tree.add(inside, { kind: "link", target });
    else copyTree(host, root, tree, inside);
  }
}
