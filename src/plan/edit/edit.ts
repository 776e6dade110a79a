import * as v from "valibot";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import {
  filledList,
  innerPath,
  label,
  list,
  name,
  oneOf,
  optional,
  path,
  word,
} from "../../layout/kinds/field-schemas.ts";

/** A node as a person calls it: see `findNode()`. */
const node = word;
/** `20g`, `50%`, `rest`: see `bytesFor()`. */
const size = word;
const devices = filledList(node);
const level = oneOf("raid0", "raid1", "raid4", "raid5", "raid6", "raid10");
const kindOfTable = oneOf("gpt", "dos");
const purpose = oneOf("linux", "swap", "efi", "bios-boot");
/** Names of volumes, as LVM and cryptsetup take them, and that LVM doesn't keep for itself (lvm(8)). */
const volumeName = v.pipe(
  word,
  v.regex(
    /^(?!\.{1,2}$|snapshot|pvmove)(?!.*_(cdata|cmeta|corig|mlog|mimage|rimage|rmeta|tdata|tmeta|vdata|vorigin))[A-Za-z0-9_.][A-Za-z0-9_.-]*$/,
    msg`must be letters, digits, dots and hyphens, and no name that LVM keeps for itself`,
  ),
);
const diskName = v.pipe(word, v.regex(/^[a-z][a-z0-9]*$/, msg`must be the name of a disk, such as "sdb"`));
const options = v.pipe(word, v.regex(/^[^\s]+$/, msg`must not contain blanks`));

const act = <const D extends string, const E extends v.ObjectEntries>(what: D, entries: E) =>
  v.strictObject({ do: v.literal(what), ...entries });

const editSchema = v.variant(
  "do",
  [
    /** A further disk; `like`: it gets the size and the partitions of another, empty. */
    act("add-disk", { name: diskName, size: optional(size), like: optional(node) }),
    act("add-table", { disk: node, scheme: kindOfTable }),
    act("add-partition", { disk: node, size, purpose: optional(purpose), name: optional(label) }),
    /** Takes a node away with all that lies on it. Files that were mounted there go to the file system above. */
    act("remove", { node }),
    act("resize", { node, size }),
    /** A file system or `swap` on a device; one that is there becomes another type, and keeps its files. */
    act("format", { node, type: name, label: optional(label) }),
    act("label", { node, label: v.pipe(v.string(msg`must be text`), v.regex(/^\P{Cc}*$/u, msg`must be one line`)) }),
    act("mount", {
      node,
      path,
      options: optional(options),
      subvolume: optional(v.pipe(innerPath, v.regex(/^[^\s,]+$/, msg`must not contain blanks or commas`))),
    }),
    act("unmount", { path: node }),
    act("options", { path: node, options }),
    act("add-subvolume", { node, path: innerPath }),
    act("remove-subvolume", { node, path: innerPath }),
    /** An array of empty devices. */
    act("make-raid", { level, members: devices, spares: optional(list(node)) }),
    /** Puts an array below what lies on a device, of that device and others, which are empty. */
    act("onto-raid", { node, level, with: devices, spares: optional(list(node)) }),
    /** The devices that an array or a volume group is made of from now on. */
    act("change-members", { node, members: devices }),
    act("change-raid", {
      node,
      level: optional(level),
      members: optional(devices),
      spares: optional(list(node)),
    }),
    /** What lay on the array lies on its first member again. */
    act("off-raid", { node }),
    act("make-group", { name: volumeName, members: devices }),
    act("add-volume", { group: node, name: volumeName, size }),
    /** Puts a logical volume below what lies on a device; of a group that is there, or of a new one on that device. */
    act("onto-lvm", { node, group: volumeName, name: volumeName, size: optional(size) }),
    /** What lay on a logical volume moves to an empty device. */
    act("move", { node, to: node }),
    act("off-lvm", { node }),
    act("encrypt", { node, name: volumeName }),
    act("decrypt", { node }),
  ],
  ({ input }) => {
    const given =
      typeof input === "object" && input !== null && "do" in input ? JSON.stringify(input.do) : msg`missing`;
    return msg`is no known edit: its "do" is ${given}`;
  },
);

/** One change of a layout, as data. Nodes are named as people name them: mount point, device, id. */
export type Edit = v.InferOutput<typeof editSchema>;

/** The fields of each edit, by what it does. */
export const editFields: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  editSchema.options.map(({ entries }) => [entries.do.literal, Object.keys(entries)]),
);

/** Far beyond what a person does by hand. */
const MOST_EDITS = 1000;

/** A list of edits, in a file of its own or among answers. */
export const editsSchema = v.pipe(
  v.array(editSchema, msg`must be a list of edits`),
  v.maxLength(MOST_EDITS, msg`must not have more than ${MOST_EDITS} edits`),
);

const fileSchema = v.strictObject({ version: v.literal(1, msg`must be 1`), edits: editsSchema });

/** Text of a file of edits. */
export const encodeEdits = (edits: readonly Edit[]): string => `${JSON.stringify({ version: 1, edits }, null, 1)}\n`;

/** Reads a file of edits; `place` names it in messages. Throws `format` with what is wrong, and where. */
export function decodeEdits(text: string, place: string): Edit[] {
  const hint = msg`Correct the file; mondo help edit lists what an edit can be. Nothing was written.`;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new MondoError("format", msg`${place} holds no edits: it isn't JSON`, { hint, cause });
  }
  const result = v.safeParse(fileSchema, json, { abortEarly: true });
  if (result.success) return result.output.edits;
  const [issue] = result.issues;
  const where = v.getDotPath(issue) ?? msg`its top`;
  throw new MondoError(
    "format",
    msg`${place} holds no edits that this version understands: ${where}: ${issue.message}`,
    {
      hint,
    },
  );
}
