/** What a person is asked about a backup, and the words of `mondo archive` that come of it. Pure. */

import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { codecs } from "../../drivers/codec/codecs.ts";
import { decodeArchiveOptions, splitPaths } from "../archive-options.ts";
import { JOB_NAME } from "../config/config-schema.ts";
import type { ParsedWords } from "../parse.ts";

/** The questions, by what they are about. */
export type FieldKey =
  | ("medium" | "place" | "prefix" | "size" | "codec" | "level")
  | ("include" | "exclude" | "devices" | "loader" | "verify" | "snapshot");

/** The answers so far, as they were typed; absent: as it is without the option. */
export type Form = Readonly<Partial<Record<FieldKey, string>>>;

/** What is known of the machine, without asking. */
export interface MachineSeen {
  readonly name: string;
  /** Whole disks that can be taken out, with what they are. */
  readonly sticks: readonly { readonly path: string; readonly what: string }[];
  readonly burners: readonly string[];
  readonly tapes: readonly string[];
  /** Boot loaders that were found: `GRUB on /dev/sda`. */
  readonly loaders: readonly string[];
  /** A directory for backups that is there. */
  readonly directory?: string;
  kindOf(path: string): "directory" | "block" | "char" | "other" | undefined;
  freeBytes(path: string): number;
}

/** One way to write a backup. */
export interface MediumWay {
  readonly key: string;
  readonly label: string;
  /** What is asked for, and the option that takes it. */
  readonly place: string;
  readonly option: string;
  /** Further words. */
  readonly flags?: readonly string[];
  readonly values?: Readonly<Record<string, string>>;
  /** What exists of it here. */
  readonly found?: (machine: MachineSeen) => readonly { readonly key: string; readonly label: string }[];
  /** It is offered only where something is found. */
  readonly isDevice?: true;
}

const plain = (paths: readonly string[]) => paths.map((path) => ({ key: path, label: path }));

/** Every way, in the order in which they are offered. */
export const mediumWays: readonly MediumWay[] = [
  {
    key: "images",
    label: msg`ISO images in a directory`,
    place: msg`Directory`,
    option: "dir",
    flags: ["iso"],
    found: ({ directory }) => plain(directory === undefined ? [] : [directory]),
  },
  {
    key: "directory",
    label: msg`A directory for each backup`,
    place: msg`Directory`,
    option: "dir",
    flags: ["iso"],
    values: { layout: "directory" },
    found: ({ directory }) => plain(directory === undefined ? [] : [directory]),
  },
  {
    key: "usb",
    label: msg`A USB stick that boots`,
    place: msg`Stick`,
    option: "usb",
    found: ({ sticks }) => sticks.map(({ path, what }) => ({ key: path, label: `${path}, ${what}` })),
    isDevice: true,
  },
  {
    key: "discs",
    label: msg`DVDs or BDs`,
    place: msg`Drive`,
    option: "dir",
    flags: ["dvd"],
    found: ({ burners }) => plain(burners),
    isDevice: true,
  },
  {
    key: "tape",
    label: msg`Tape`,
    place: msg`Drive`,
    option: "dir",
    flags: ["tape"],
    found: ({ tapes }) => plain(tapes),
    isDevice: true,
  },
  {
    key: "share",
    label: msg`A share: NFS, SSH or Windows`,
    place: msg`Share (nas:/backup, sftp://user@nas/backup, smb://nas/share)`,
    option: "nfs",
  },
  {
    key: "store",
    label: msg`An object store, FTP or WebDAV`,
    place: msg`Store (s3://BUCKET/PREFIX, ftp://user@server/dir, davs://user@server/dir)`,
    option: "to",
  },
  { key: "stream", label: msg`One stream into a file or device`, place: msg`File or device`, option: "stream" },
];

/** Ways that there are on this machine. */
export const waysOn = (machine: MachineSeen): readonly MediumWay[] =>
  mediumWays.filter(({ isDevice, found }) => !isDevice || (found?.(machine) ?? []).length > 0);

export const wayOf = ({ medium }: Form): MediumWay | undefined => mediumWays.find(({ key }) => key === medium);

/** Options that take what was typed as it is. */
const VALUES: Readonly<Partial<Record<FieldKey, string>>> = {
  prefix: "prefix",
  size: "size",
  codec: "codec",
  level: "level",
  loader: "loader",
  snapshot: "snapshot",
};
const LISTS: Readonly<Partial<Record<FieldKey, string>>> = { include: "include", exclude: "exclude", devices: "image" };

/** The words of the command line that a form means. */
export function wordsOf(form: Form): ParsedWords {
  const way = wayOf(form);
  const flags = new Set(["backup", ...(way?.flags ?? []), ...(form.verify === "yes" ? ["verify"] : [])]);
  const values = new Map(Object.entries(way?.values ?? {}));
  const lists = new Map<string, readonly string[]>();
  if (way && form.place !== undefined) values.set(way.option, form.place);
  for (const [field, option] of Object.entries(VALUES)) {
    const text = form[field as FieldKey];
    if (text !== undefined) values.set(option, text);
  }
  for (const [field, option] of Object.entries(LISTS)) {
    const text = form[field as FieldKey];
    if (text !== undefined) lists.set(option, [text]);
  }
  return { flags, values, lists, operands: [] };
}

const describe = (error: unknown): string => {
  if (!(error instanceof MondoError)) throw error;
  return `${error.message}. ${error.hint ?? ""}`.trim();
};

/** Why it can't be done as the options stand; undefined: nothing is known to be wrong. */
function wordsFlaw(form: Form): string | undefined {
  try {
    decodeArchiveOptions(wordsOf(form), false);
    return undefined;
  } catch (error) {
    return describe(error);
  }
}

const KIND_WORDS = {
  directory: msg`a directory`,
  block: msg`a device`,
  char: msg`a device`,
  other: msg`no directory and no device`,
};

function placeFlaw(form: Form, machine: MachineSeen): string | undefined {
  const way = wayOf(form);
  const { place } = form;
  if (!way) return msg`Choose what to write to.`;
  if (place === undefined || place === "")
    return msg`Say where it goes: ${way.place.replace(/ \(.*/, "").toLowerCase()}.`;
  // It would stand in the job and in the command line.
  if (/^[a-z0-9]+:\/\/[^/@]*:[^/@]*@/i.test(place))
    return msg`Leave the password out: it is asked for, or read by --credentials.`;
  if (way.key === "stream" && place === "-") return msg`Standard output is for scripts: name a file or a device.`;
  if (way.key === "images" || way.key === "directory") {
    const kind = machine.kindOf(place);
    if (kind === "directory") return undefined;
    return kind === undefined
      ? msg`${place} does not exist. Make the directory first.`
      : msg`${place} is ${KIND_WORDS[kind]}.`;
  }
  const isThere = !way.isDevice || place.startsWith("serial:") || machine.kindOf(place) !== undefined;
  return isThere ? undefined : msg`${place} does not exist.`;
}

function pathsFlaw(form: Form, machine: MachineSeen): string | undefined {
  for (const field of ["include", "devices"] as const) {
    const missing = splitPaths(form[field] ?? "").find((path) => machine.kindOf(path) === undefined);
    if (missing !== undefined) return msg`${missing} does not exist.`;
  }
  return undefined;
}

/** The first thing that is wrong; undefined: it can be done, as far as that is known before. */
export const flawOf = (form: Form, machine: MachineSeen): string | undefined =>
  placeFlaw(form, machine) ?? wordsFlaw(form) ?? pathsFlaw(form, machine);

/** With an answer; an empty one takes the option away. What a medium does not have goes with it. */
export function withAnswer(form: Form, field: FieldKey, answer: string): Form {
  const { [field]: _, ...rest } = form;
  const text = answer.trim();
  const next: Form = text === "" ? rest : { ...rest, [field]: text };
  if (field !== "medium") return next;
  const { place: __, size: ___, ...kept } = next;
  return kept;
}

/** Why an answer can't be taken: it makes something wrong that was not. */
export function complaintAbout(form: Form, field: FieldKey, answer: string, machine: MachineSeen): string | undefined {
  const after = flawOf(withAnswer(form, field, answer), machine);
  return after === flawOf(form, machine) ? undefined : after;
}

/** What to begin with. */
export const firstForm = (machine: MachineSeen): Form => ({ prefix: machine.name });

/** How a field is answered. */
export type FieldAnswers = { readonly choices: readonly { readonly key: string; readonly label: string }[] } | "line";

export interface Field {
  readonly key: FieldKey;
  readonly name: string;
  readonly help: string;
  /** What stands where nothing is said. */
  readonly usual: string;
  answers(form: Form, machine: MachineSeen): FieldAnswers;
  readonly when?: (form: Form) => boolean;
}

const choices = (pairs: Readonly<Record<string, string>>): FieldAnswers => ({
  choices: Object.entries(pairs).map(([key, label]) => ({ key, label })),
});
const line = (): FieldAnswers => "line";

/** All questions, in order. */
export const fields: readonly Field[] = [
  {
    key: "medium",
    name: msg`Medium`,
    help: msg`What the backup is written to. What needs a device is offered where there is one.`,
    usual: msg`not chosen`,
    answers: (_, machine) => ({ choices: waysOn(machine).map(({ key, label }) => ({ key, label })) }),
  },
  {
    key: "place",
    name: msg`Place`,
    help: msg`Where it goes: an absolute path, a device, or a place on a server.`,
    usual: msg`not said`,
    answers: line,
    when: ({ medium }) => medium !== undefined,
  },
  {
    key: "prefix",
    name: msg`Name`,
    help: msg`Begins the names of the images, and tells series of backups apart.`,
    usual: "mondorescue",
    answers: line,
  },
  {
    key: "size",
    name: msg`Size of a medium`,
    help: msg`Cuts the backup into images of at most this size: 4480m for a DVD, 700m,4480m for a CD and then DVDs. Empty: one image.`,
    usual: msg`all in one`,
    answers: line,
    when: ({ medium }) => medium === "images" || medium === "discs",
  },
  {
    key: "codec",
    name: msg`Compression`,
    help: msg`zstd is fast and small. gzip is read by any rescue disc, xz is smallest and slowest.`,
    usual: "zstd",
    answers: () => ({ choices: codecs.map(({ type }) => ({ key: type, label: type })) }),
  },
  { key: "level", name: msg`Level`, help: msg`From 0 (not compressed) to 9 (smallest).`, usual: "3", answers: line },
  {
    key: "include",
    name: msg`Include`,
    help: msg`Save only these paths, with blanks between them; a blank inside a path has a backslash before it. Empty: the whole machine.`,
    usual: msg`the whole machine`,
    answers: line,
  },
  {
    key: "exclude",
    name: msg`Exclude`,
    help: msg`Leave out what is below these paths, or a device: /srv/cache /dev/sdb.`,
    usual: msg`nothing`,
    answers: line,
  },
  {
    key: "devices",
    name: msg`Devices as images`,
    help: msg`Partitions or volumes that are saved block by block, such as Windows: /dev/sda3. They must not be mounted for writing.`,
    usual: msg`none`,
    answers: line,
  },
  {
    key: "loader",
    name: msg`Boot loader`,
    help: msg`It is found and saved by itself. What is said here only refuses a machine that starts otherwise: GRUB, LILO, ELILO or RAW.`,
    usual: msg`as it is found`,
    answers: line,
  },
  {
    key: "verify",
    name: msg`Verify`,
    help: msg`Reads the finished medium back and compares it with the files.`,
    usual: msg`No`,
    answers: () => choices({ no: msg`No`, yes: msg`Yes: read it back and compare it with the files` }),
  },
  {
    key: "snapshot",
    name: msg`Snapshots`,
    help: msg`Files of one moment, from snapshots of LVM or btrfs that are made for the backup and removed again.`,
    usual: msg`Where they can be made`,
    answers: () =>
      choices({
        auto: msg`Where they can be made`,
        no: msg`None: files are read as they are`,
        require: msg`Everywhere, or no backup at all`,
      }),
  },
];

/** Fields that count with the answers so far. */
export const fieldsOf = (form: Form): readonly Field[] => fields.filter(({ when }) => when?.(form) ?? true);

/** Whether a text can name a job. */
export const isJobName = (text: string): boolean => JOB_NAME.test(text);
