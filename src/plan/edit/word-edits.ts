import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { decodeEdits, type Edit } from "./edit.ts";
import { filesystemTypes } from "./fs-traits.ts";
import type { NodeRole } from "./node-roles.ts";

/** What a word of `--set` means: NODE.KEY=VALUE. */
export interface Meaning {
  /** Of the value, for help: `TYPE`. */
  readonly value: string;
  readonly help: string;
  /** What the value may be, with units, for whoever is asked for it alone. */
  readonly takes: string;
  /** A whole word. */
  readonly example: string;
  /** What NODE may be: one of these. */
  readonly of: readonly NodeRole[];
  readonly edit: (node: string, value: string) => unknown;
}

const listOf = (text: string) => text.split("+").filter((word) => word !== "");
const pair = (text: string, by: string): [string, string] => {
  const at = text.indexOf(by);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
};

const given = (fields: Readonly<Record<string, string | readonly string[]>>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value.length > 0));

/** `LEVEL:DEVICE+…[,SPARE+…]`: ids of nodes have colons, devices no commas. */
function arrayWords(value: string) {
  const [level, devices] = pair(value, ":");
  const [members, spares] = pair(devices, ",");
  return { level, members: listOf(members), ...given({ spares: listOf(spares) }) };
}

function raid(node: string, value: string): unknown {
  if (value === "none") return { do: "off-raid", node };
  const { members, ...others } = arrayWords(value);
  return { do: "onto-raid", node, ...others, with: members };
}

function array(node: string, value: string): unknown {
  const { members, ...others } = arrayWords(value);
  return { do: "make-raid", ...others, members: [node, ...members] };
}

function subvolume(node: string, value: string): unknown {
  const [, path = value, where] = /^(.*?):(none|\/.*)$/s.exec(value) ?? [];
  if (where === "none") return { do: "remove-subvolume", node, path };
  return where === undefined
    ? { do: "add-subvolume", node, path }
    : { do: "mount", node, path: where, subvolume: path };
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
  const [size, rest] = pair(value, ":");
  const [purpose, name] = pair(rest, ":");
  return { do: "add-partition", disk: on, size, ...given({ purpose, name }) };
}

function volume(group: string, value: string): unknown {
  const [name, size] = pair(value, ":");
  return { do: "add-volume", group, name, size: size === "" ? "rest" : size };
}

const DEVICES = msg`Devices are joined by +, such as sdb1+sdc1; each of them is empty.`;

/** The words of `--set`, in the order in which help lists them. */
export const setMeanings: Readonly<Record<string, Meaning>> = {
  type: {
    value: "TYPE",
    help: msg`another file system, or swap`,
    takes: msg`One of ${[...filesystemTypes(), "swap"].join(", ")}. Files that lie on it come back onto the new one.`,
    example: "root.type=xfs",
    of: ["device"],
    edit: (node, type) => ({ do: "format", node, type }),
  },
  size: {
    value: "SIZE",
    help: msg`20g, 50% or rest`,
    takes: msg`A number with k, m, g or t (of 1024); a part of the disk or the group, such as 50%; or rest: all that is free.`,
    example: "home.size=50%",
    of: ["device"],
    edit: (node, size) => ({ do: "resize", node, size }),
  },
  label: {
    value: "LABEL",
    help: msg`its label`,
    takes: msg`A text; how long it may be depends on the type.`,
    example: "home.label=data",
    of: ["content"],
    edit: (node, label) => ({ do: "label", node, label }),
  },
  mount: {
    value: "PATH",
    help: msg`where it is mounted; none: nowhere`,
    takes: msg`A path from the root, or none: its files then lie on the file system above.`,
    example: "sdb1.mount=/srv",
    of: ["content"],
    edit: (node, path) => (path === "none" ? { do: "unmount", path: node } : { do: "mount", node, path }),
  },
  options: {
    value: "LIST",
    help: msg`mount options in fstab`,
    takes: msg`What stands in the fourth column of fstab: words joined by commas, without blanks.`,
    example: "home.options=noatime,nodev",
    of: ["content"],
    edit: (path, options) => ({ do: "options", path, options }),
  },
  raid: {
    value: "LEVEL:DEVICE+…[,SPARE+…]",
    help: msg`onto an array with these devices; none: off it`,
    takes: msg`A level (raid0, raid1, raid4, raid5, raid6, raid10), the other devices, and spares behind a comma; or none. ${DEVICES}`,
    example: "root.raid=raid1:sdb2,sdc2",
    of: ["device"],
    edit: raid,
  },
  level: {
    value: "LEVEL",
    help: msg`of an array`,
    takes: msg`raid0, raid1, raid4, raid5, raid6 or raid10.`,
    example: "md0.level=raid5",
    of: ["array"],
    edit: (node, level) => ({ do: "change-raid", node, level }),
  },
  members: {
    value: "DEVICE+…",
    help: msg`what an array or a volume group is made of`,
    takes: msg`All of them, those that stay, too. Devices are joined by +, such as sdb1+sdc1.`,
    example: "vg0.members=sda3+sdb1",
    of: ["array", "group"],
    edit: (node, text) => ({ do: "change-members", node, members: listOf(text) }),
  },
  spares: {
    value: "DEVICE+…",
    help: msg`of an array`,
    takes: msg`All of them; nothing: it has none. Devices are joined by +, such as sdb1+sdc1.`,
    example: "md0.spares=sdd1",
    of: ["array"],
    edit: (node, text) => ({ do: "change-raid", node, spares: listOf(text) }),
  },
  lvm: {
    value: "GROUP/NAME[:SIZE]",
    help: msg`onto a logical volume; none: off it`,
    takes: msg`A volume group, the name of the volume, and its size (20g, 50%, rest); or none. A group that is not there is made on this device.`,
    example: "root.lvm=vg0/root:20g",
    of: ["device"],
    edit: lvm,
  },
  luks: {
    value: "NAME",
    help: msg`encrypted, as /dev/mapper/NAME; none: in the clear`,
    takes: msg`A name of letters, digits, dots and hyphens; or none. The pass phrase is asked for by the restore.`,
    example: "home.luks=crypt-home",
    of: ["device"],
    edit: (node, name) => (name === "none" ? { do: "decrypt", node } : { do: "encrypt", node, name }),
  },
  subvolume: {
    value: "PATH[:/MOUNT|:none]",
    help: msg`one more (btrfs), mounted there; none: taken away`,
    takes: msg`Its path in the file system, without a slash in front. Behind it, if wanted, :/ and where it is mounted; or :none, which takes it away: its files lie in a directory then.`,
    example: "root.subvolume=@srv:/srv",
    of: ["btrfs"],
    edit: subvolume,
  },
  move: {
    value: "DEVICE",
    help: msg`what lies on it to an empty device`,
    takes: msg`An empty device, such as sdb1 or vg0/new.`,
    example: "root.move=vg0/root",
    of: ["device"],
    edit: (node, to) => ({ do: "move", node, to }),
  },
  disk: {
    value: msg`like:DISK or SIZE`,
    help: msg`a further disk of that name`,
    takes: msg`like: and a disk whose size and partitions it gets, empty; or its size: 20g.`,
    example: "sdb.disk=like:sda",
    of: ["new-disk"],
    edit: disk,
  },
  table: {
    value: msg`gpt or dos`,
    help: msg`a partition table on an empty disk`,
    takes: msg`gpt, or dos for what is also called MBR.`,
    example: "sdb.table=gpt",
    of: ["disk"],
    edit: (on, scheme) => ({ do: "add-table", disk: on, scheme }),
  },
  partition: {
    value: "SIZE[:KIND[:NAME]]",
    help: msg`one more on a disk; KIND is linux, swap, efi or bios-boot`,
    takes: msg`Its size (20g, 50% of the disk, rest), what it is for (linux, swap, efi, bios-boot), and its name in a GPT.`,
    example: "sdb.partition=20g:linux:data",
    of: ["disk"],
    edit: partition,
  },
  volume: {
    value: "NAME:SIZE",
    help: msg`one more in a volume group`,
    takes: msg`Its name and its size: 20g, 50% of the group, rest.`,
    example: "vg0.volume=srv:20g",
    of: ["group"],
    edit: volume,
  },
  array: {
    value: "LEVEL:DEVICE+…[,SPARE+…]",
    help: msg`an empty array of empty devices, one of which is named`,
    takes: msg`A level (raid0, raid1, raid4, raid5, raid6, raid10), the other devices, and spares behind a comma. ${DEVICES}`,
    example: "sdb1.array=raid1:sdc1",
    of: ["device"],
    edit: array,
  },
  group: {
    value: "DEVICE+…",
    help: msg`a volume group of that name, of empty devices`,
    takes: DEVICES,
    example: "vg1.group=sdb1+sdc1",
    of: ["new-group"],
    edit: (name, value) => ({ do: "make-group", name, members: listOf(value) }),
  },
  remove: {
    value: "yes",
    help: msg`taken away with all that lies on it`,
    takes: msg`yes. Files that were mounted there go to the file system above.`,
    example: "swap.remove=yes",
    of: ["device", "group"],
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
