/** A root directory without slashes at its end. */
export function withoutSlash(root: string): string {
  return root.replace(/\/+$/, "") || "/";
}

/** The path as the set below `root` sees it; undefined when it lies outside. */
export function lowerPath(root: string, path: string): string | undefined {
  const at = withoutSlash(root);
  if (at === "/") return path;
  if (path === at) return "/";
  return path.startsWith(`${at}/`) ? path.slice(at.length) : undefined;
}
