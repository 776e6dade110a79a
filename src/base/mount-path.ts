/**
 * A path as mount(8) and systemd mean it: without doubled or trailing slashes and without `.`; `..` goes up. Links are
 * not followed.
 */
export function mountPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** Whether a path is a directory, or lies below it. Both are plain (`mountPath`). */
export function isBelow(path: string, directory: string): boolean {
  return directory === "/" || path === directory || path.startsWith(`${directory}/`);
}
