import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { decodeEdits, type Edit } from "./edit.ts";

/** What a word of `--set` means: NODE.KEY=VALUE. */
interface Meaning {
  /** Of the value, for help: `TYPE`. */
  readonly value: string;
  readonly help: string;
  readonly edit: (node: string, value: string) => unknown;
}

const listOf = (text: string) => text.split("+").filter((word) => word !== "");
const pair = (text: string, by: string): [string, string] => {
  const at = text.indexOf(by);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
};

const given = (fields: Readonly<Record<string, string | readonly string[]>>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value.length > 0));

function raid(node: string, value: string): unknown {
  if (value === "none") return { do: "off-raid", node };
  const [level, devices] = pair(value, ":");
  return { do: "onto-raid", node, level, with: listOf(devices) };
}

function lvm(node: string, value: string): unknown {
  if (value === "none") return { do: "off-lvm", node };
  const [path, size] = pair(value, ":");
  const [group, name] = pair(path, "/");
  return { do: "onto-lvm", node, group, name, ...given({ size }) };
}

function disk(name: string, value: string): unknown {
  const [word, like] = pair(value, ":");
  return word === "like" ? { do: "add-disk", name, like } : { do: "add-disk", name, size: value };
}

function partition(on: string, value: string): unknown {
  const [size, purpose] = pair(value, ":");
  return { do: "add-partition", disk: on, size, ...given({ purpose }) };
}

function volume(group: string, value: string): unknown {
  const [name, size] = pair(value, ":");
  return { do: "add-volume", group, name, size: size === "" ? "rest" : size };
}

function members(node: string, value: string): unknown {
  return node.startsWith("md") || node.startsWith("/dev/md")
    ? { do: "change-raid", node, members: listOf(value) }
    : { do: "change-group", node, members: listOf(value) };
}

/** The words of `--set`, in the order in which help lists them. */
export const setMeanings: Readonly<Record<string, Meaning>> = {
  type: {
    value: "TYPE",
    help: msg`another file system, or swap`,
    edit: (node, type) => ({ do: "format", node, type }),
  },
  size: { value: "SIZE", help: msg`20g, 50% or rest`, edit: (node, size) => ({ do: "resize", node, size }) },
  label: { value: "LABEL", help: msg`its label`, edit: (node, label) => ({ do: "label", node, label }) },
  mount: {
    value: "PATH",
    help: msg`where it is mounted; none: nowhere`,
    edit: (node, path) => (path === "none" ? { do: "unmount", path: node } : { do: "mount", node, path }),
  },
  options: {
    value: "LIST",
    help: msg`mount options in fstab`,
    edit: (path, options) => ({ do: "options", path, options }),
  },
  raid: { value: "LEVEL:DEVICE+…", help: msg`onto an array with these devices; none: off it`, edit: raid },
  level: { value: "LEVEL", help: msg`of an array`, edit: (node, level) => ({ do: "change-raid", node, level }) },
  members: { value: "DEVICE+…", help: msg`what an array or a volume group is made of`, edit: members },
  spares: {
    value: "DEVICE+…",
    help: msg`of an array`,
    edit: (node, text) => ({ do: "change-raid", node, spares: listOf(text) }),
  },
  lvm: { value: "GROUP/NAME[:SIZE]", help: msg`onto a logical volume; none: off it`, edit: lvm },
  luks: {
    value: "NAME",
    help: msg`encrypted, as /dev/mapper/NAME; none: in the clear`,
    edit: (node, name) => (name === "none" ? { do: "decrypt", node } : { do: "encrypt", node, name }),
  },
  subvolume: {
    value: "PATH",
    help: msg`one more (btrfs)`,
    edit: (node, path) => ({ do: "add-subvolume", node, path }),
  },
  move: {
    value: "DEVICE",
    help: msg`what lies on it to an empty device`,
    edit: (node, to) => ({ do: "move", node, to }),
  },
  disk: { value: msg`like:DISK or SIZE`, help: msg`a further disk of that name`, edit: disk },
  table: {
    value: msg`gpt or dos`,
    help: msg`a partition table on an empty disk`,
    edit: (on, scheme) => ({ do: "add-table", disk: on, scheme }),
  },
  partition: { value: "SIZE[:swap|efi|bios-boot]", help: msg`one more on a disk`, edit: partition },
  volume: { value: "NAME:SIZE", help: msg`one more in a volume group`, edit: volume },
  array: {
    value: "LEVEL:DEVICE+…",
    help: msg`an empty array of empty devices, one of which is named`,
    edit: (node, value) => {
      const [level, others] = pair(value, ":");
      return { do: "make-raid", level, members: [node, ...listOf(others)] };
    },
  },
  group: {
    value: "DEVICE+…",
    help: msg`a volume group of that name, of empty devices`,
    edit: (name, value) => ({ do: "make-group", name, members: listOf(value) }),
  },
  remove: {
    value: "yes",
    help: msg`taken away with all that lies on it`,
    edit: (node, value) => (value === "yes" ? { do: "remove", node } : undefined),
  },
};

const usage = (word: string, why: string) =>
  new MondoError("usage", msg`--set ${word}: ${why}`, {
    hint: msg`Write NODE.KEY=VALUE, such as root.type=xfs; KEY is one of ${Object.keys(setMeanings).join(", ")}.`,
  });

/** `root.type=xfs` as an edit; NODE may have dots, VALUE anything. Throws `usage`. */
export function editFromWord(word: string): Edit {
  const [, node = "", key = "", value = ""] = /^(.+?)\.([a-z]+)=(.*)$/s.exec(word) ?? [];
  const meaning = Object.hasOwn(setMeanings, key) ? setMeanings[key] : undefined;
  if (!meaning) throw usage(word, node === "" ? msg`is no NODE.KEY=VALUE` : msg`there is no ${key}`);
  const edit = meaning.edit(node, value);
  try {
    const [only] = decodeEdits(JSON.stringify({ version: 1, edits: [edit] }), "it");
    if (only) return only;
  } catch (error) {
    if (!(error instanceof MondoError)) throw error;
  }
  throw usage(word, msg`"${value}" is not what ${key} takes, which is ${meaning.value}`);
}
