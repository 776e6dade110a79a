import * as v from "valibot";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import { type Candidate, usableCandidates } from "../layout/candidate.ts";
import { describeDiskShortly } from "../layout/describe-disk-shortly.ts";
import { type Disk, type Layout, type NodeId, nodesOf } from "../layout/types.ts";
import { editsSchema } from "../plan/edit/edit.ts";
import { givenAnswerSchema } from "../ui/given-answers.ts";
import { CHECKS } from "./reading.ts";

const text = v.pipe(v.string(), v.nonEmpty());
const diskIdentity = v.union(
  [v.strictObject({ wwn: text }), v.strictObject({ serial: text }), v.strictObject({ path: text })],
  msg`expected {"wwn": …}, {"serial": …} or {"path": "/dev/…"}`,
);

const answersSchema = v.strictObject({
  version: v.literal(1, msg`expected 1`),
  /** Default when the boot words choose no mode. */
  mode: v.exactOptional(v.picklist(["nuke", "interactive", "compare", "files", "loader"])),
  /** Which disk of this machine replaces which disk of the set; the latter by device or serial number. */
  disks: v.exactOptional(v.record(v.string(), diskIdentity)),
  /** False: keep every size, as `noresize`. */
  resize: v.exactOptional(v.boolean()),
  /** False: keep the partition tables, as `nopart`. */
  partition: v.exactOptional(v.boolean()),
  /** What of the set stays as it is: as `mondo.keep=`. */
  keep: v.exactOptional(
    v.union(
      [v.picklist(["auto", "auto=files", "none"]), v.pipe(v.array(text), v.nonEmpty())],
      msg`expected "auto", "auto=files", "none" or a list of mount points and disks`,
    ),
  ),
  /** Changes of the layout, as in a file of --edit. */
  edits: v.exactOptional(editsSchema),
  /** Place of a key file, as in `mondo.luks-key=`: answers never hold a secret themselves. */
  luksKey: v.exactOptional(v.pipe(v.string(), v.regex(/^[^:]+:\/./, msg`expected DEVICE:/PATH`))),
  /** True: like `mondo.without-damaged`. */
  withoutDamaged: v.exactOptional(v.boolean()),
  /** Like `mondo.check=`. */
  check: v.exactOptional(v.picklist(CHECKS)),
  /** Answers to single questions, as `mondo restore --record` writes them. */
  asked: v.exactOptional(v.array(givenAnswerSchema)),
  /** How those were asked: full screens have questions that lines do without. Default: plain. */
  ui: v.exactOptional(v.picklist(["full", "plain"])),
  /** True: nobody is asked; a question without an answer is an error. */
  unattended: v.exactOptional(v.boolean()),
  /** What to do once the machine is restored, or another mode that began by itself is done. */
  end: v.exactOptional(v.picklist(["reboot", "poweroff", "shell"])),
  /** Like `mondo.status=`. */
  status: v.exactOptional(v.pipe(v.string(), v.regex(/^https?:\/\/[^\s/]/, msg`expected a URL`))),
});

/** Answers to what a person would be asked, one file for each machine. Source: `mondo help boot`, mondo.answers=. */
export type Answers = v.InferOutput<typeof answersSchema>;

/** What identifies a disk of this machine. */
export type DiskIdentity = v.InferOutput<typeof diskIdentity>;

/** Text of a file of answers. */
export const encodeAnswers = (answers: Answers): string => `${JSON.stringify(answers, null, 1)}\n`;

/** Reads answers; `name` is their place, for messages. A `format` error says what is wrong, and where. */
export function decodeAnswers(source: string, name: string): Answers {
  const hint = msg`Correct the file. Nothing was written.`;
  let json: unknown;
  try {
    json = JSON.parse(source);
  } catch (cause) {
    throw new MondoError("format", msg`${name} holds no answers: it isn't JSON`, { hint, cause });
  }
  const result = v.safeParse(answersSchema, json);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const where = v.getDotPath(issue) ?? msg`its top`;
  throw new MondoError(
    "format",
    msg`${name} holds no answers that this version understands: ${where}: ${issue.message}`,
    {
      hint,
    },
  );
}

/** The disk of a set by its node, its device (with or without /dev/) or its serial number. */
export function diskOfSet(layout: Layout, name: string): Disk | undefined {
  const names = [name, `/dev/${name}`];
  return nodesOf(layout, "disk").find((one) =>
    [one.id, one.path, one.serial].some((known) => known !== undefined && names.includes(known)),
  );
}

const wordsFor = (identity: DiskIdentity): string => Object.entries(identity).flat().join(" ");

function isMeant(host: Host, { disk }: Candidate, identity: DiskIdentity): boolean {
  if ("wwn" in identity) return disk.wwn === identity.wwn;
  if ("serial" in identity) return disk.serial === identity.serial;
  return disk.path === (host.realPath(identity.path) ?? identity.path);
}

function requireDisk(
  host: Host,
  candidates: readonly Candidate[],
  carriers: readonly string[],
  identity: DiskIdentity,
): Candidate {
  const [only, second] = candidates.filter((candidate) => isMeant(host, candidate, identity));
  const refuse = (why: string) => {
    const there = candidates.map(({ disk }) => describeDiskShortly(disk)).join("; ") || msg`none`;
    return new MondoError("no-match", msg`the answers name the disk with ${wordsFor(identity)}, ${why}`, {
      hint: msg`Correct the answers. The disks of this machine: ${there}.`,
    });
  };
  if (!only) throw refuse(msg`which this machine does not have`);
  if (second) throw refuse(msg`which ${only.disk.path} and ${second.disk.path} both have`);
  if (usableCandidates([only], carriers).length === 1) return only;
  const why = only.busy ?? msg`it is removable, read-only, or carries the backup`;
  throw refuse(msg`but ${only.disk.path} can't be written to: ${why}`);
}

/**
 * The disks in the answers as devices of this machine. Throws `no-match` for one that is missing, ambiguous, or must
 * not be written to.
 */
export function answeredDisks(
  host: Host,
  layout: Layout,
  candidates: readonly Candidate[],
  carriers: readonly string[],
  { disks = {} }: Pick<Answers, "disks">,
): Readonly<Record<NodeId, string>> {
  const chosen: Record<NodeId, string> = {};
  for (const [name, identity] of Object.entries(disks)) {
    const disk = diskOfSet(layout, name);
    if (!disk) {
      const there = nodesOf(layout, "disk").map(describeDiskShortly).join("; ");
      throw new MondoError("no-match", msg`the answers name ${name}, which is not a disk of the backup`, {
        hint: msg`Correct the answers. The disks of the backup: ${there}.`,
      });
    }
    const { path } = requireDisk(host, candidates, carriers, identity).disk;
    if (Object.values(chosen).includes(path)) {
      throw new MondoError("no-match", msg`the answers give ${path} to two disks of the backup`, {
        hint: msg`Correct the answers.`,
      });
    }
    chosen[disk.id] = path;
  }
  return chosen;
}
