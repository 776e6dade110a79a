/** An absolute path without `.`, `..` and doubled slashes, by its words alone: no symbolic link is followed. */
export function plainPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** Whether a path leads to a directory or into it, by its words alone. */
export function isBelow(path: string, directory: string): boolean {
  const [plain, top] = [plainPath(path), plainPath(directory)];
  return plain === top || plain.startsWith(top === "/" ? "/" : `${top}/`);
}
