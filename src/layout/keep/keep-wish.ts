import { msg } from "../../base/message.ts";

/** Behind a wish or a name: its files are brought to the state of the set. */
const FILES = "=files";

/**
 * What of a set's disks is to stay as it is. `offer`: all that can, and a sentence about each that can't; `auto`: the
 * same, but what can't be kept is refused; `none`: nothing, with a sentence about each that could be. Otherwise mount
 * points and disks of the set by name. With `=files` behind it: the disks and all structures on them stay, and the
 * set's files are restored into what lies there.
 */
export type KeepWish = "offer" | "auto" | "offer=files" | "auto=files" | "none" | readonly string[];

/** The wish without what is to become of files. */
export const plainWish = (wish: KeepWish): "offer" | "auto" | "none" | readonly string[] =>
  wish === "offer=files" ? "offer" : wish === "auto=files" ? "auto" : wish;

/** Whether the files on all that stays are brought to the state of the set. */
export const isWithFiles = (wish: KeepWish): boolean => wish === "offer=files" || wish === "auto=files";

/** The name in front of `=files`; undefined: it has none. */
export const nameWithFiles = (name: string): string | undefined =>
  name.endsWith(FILES) ? name.slice(0, -FILES.length) : undefined;

/** The same wish where no file is restored at all. */
export const withoutFiles = (wish: KeepWish): KeepWish =>
  typeof wish === "string" ? plainWish(wish) : wish.map((name) => nameWithFiles(name) ?? name);

/** What the ways to say it mean, for people. */
export const KEEP_MEANING = msg`disks of the backup that stay as they are, nothing written to them, because all that was on them is here by its UUIDs: auto (all such disks; data of which only a part is here is refused), none, or mount points and disks by name; with =files behind auto or a name, the files of the backup are restored into what lies there, replacing those that exist and removing none (default: none; in interactive mode all such disks are offered)`;

/**
 * A wish as typed: `auto`, `none`, or mount points and disks with commas between. Whatever else it is, is a name that
 * nothing has, and refused where the disks are known: a wish that is misspelt must not become the wish to keep nothing.
 */
export const parseKeepWish = (text: string): KeepWish =>
  text === "auto" || text === "auto=files" || text === "none" ? text : text.split(",");
