/** Places below one that was named on a server. */

/** The path below a directory: `a/b` of `/srv/a/b` below `/srv`; undefined for that itself, and all elsewhere. */
export function pathBelow(directory: string, path: string): string | undefined {
  const start = `${directory.replace(/\/+$/, "")}/`;
  const rest = path.startsWith(start) ? path.slice(start.length).replace(/^\/+|\/+$/g, "") : "";
  return rest === "" ? undefined : rest;
}

/** A directory that was named, and the one below it that is meant. Pure. */
export class BelowRoot<Place extends { readonly path: string }> {
  /** That was named. */
  readonly root: Place;
  /** Below that: "" or `DIR/`. */
  readonly prefix: string;

  constructor(root: Place, prefix = "") {
    this.root = root;
    this.prefix = prefix;
  }

  /** As `/DIR`, for what names places; "" for the root. */
  get directory(): string {
    return this.prefix === "" ? "" : `/${this.prefix.slice(0, -1)}`;
  }

  /** One further below; `/` and "" stand for this one. */
  below(path: string): BelowRoot<Place> {
    const more = path.replace(/^\/+|\/+$/g, "");
    return more === "" ? this : new BelowRoot(this.root, `${this.prefix}${more}/`);
  }

  /** The place of that path; undefined where that is not below the root. */
  at(path: string): BelowRoot<Place> | undefined {
    const below = pathBelow(this.root.path, path);
    return below === undefined ? undefined : new BelowRoot(this.root, `${below}/`);
  }
}
