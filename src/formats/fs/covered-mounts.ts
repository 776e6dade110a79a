/** What of a line of mountinfo says where a mount is in the tree of mounts. */
export interface PlacedMount {
  readonly id: string;
  /** Id of the mount that its mount point lies in. */
  readonly parent: string;
  readonly path: string;
}

/** A path and all directories above it. */
function upwards(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return ["/", ...parts.map((_, at) => `/${parts.slice(0, at + 1).join("/")}`)];
}

const key = (parent: string, path: string) => `${parent}\0${path}`;

/**
 * Mounts that no path leads to, because a later one lies at the same place or at a directory above. In the order of
 * mountinfo, which has a mount behind what it lies on.
 */
export function coveredMounts<M extends PlacedMount>(mounts: readonly M[]): ReadonlySet<M> {
  const byId = new Map(mounts.map((mount) => [mount.id, mount]));
  const places = new Map(mounts.map((mount) => [key(mount.parent, mount.path), mount]));
  const order = new Map(mounts.map((mount, at) => [mount, at]));
  const lastAt = new Map(mounts.map((mount) => [mount.path, mount]));
  /** The mount, and those that the way to it leads through. */
  const wayTo = (mount: M): ReadonlySet<M> => {
    const way = new Set<M>();
    for (let at: M | undefined = mount; at && !way.has(at); at = byId.get(at.parent)) way.add(at);
    return way;
  };
  const hides = (other: M | undefined, mount: M, way: ReadonlySet<M>) =>
    other !== undefined && !way.has(other) && (order.get(other) ?? 0) > (order.get(mount) ?? 0);
  const isCovered = (mount: M): boolean => {
    const way = wayTo(mount);
    return [...way].some(
      (at) => byId.has(at.parent) && upwards(at.path).some((path) => hides(places.get(key(at.parent, path)), at, way)),
    );
  };
  return new Set(mounts.filter((mount) => lastAt.get(mount.path) !== mount || isCovered(mount)));
}
