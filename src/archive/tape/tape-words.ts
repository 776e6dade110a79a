import { msg } from "../../base/message.ts";
import { dateText } from "../set/chain.ts";
import type { StreamHead } from "../stream/stream-head.ts";
import type { TapeLabel } from "./tape-drive.ts";

/** Backups on tapes that are younger are not replaced without a word: a tape a week can be. */
const YOUNG_SECONDS = 6 * 86_400;

/** `tape 2 of the backup of web1 of 2026-01-31 23:59 UTC` */
export const describeTape = ({ host, created }: Pick<StreamHead, "host" | "created">, tape: number): string =>
  msg`tape ${tape} of the backup of ${host} of ${dateText(created)}`;

/** Who writes, and when. */
export interface TapeOwner {
  readonly set: string;
  readonly host: string;
  /** Seconds since 1970. */
  readonly now: number;
  /** Whether anything but the set's own tapes may be replaced. */
  readonly overwrite: boolean;
}

/** Why a tape must not be written from its start, as a sentence without its full stop; undefined: it may. */
export function whyNotReplaced(label: TapeLabel, { set, host, now, overwrite }: TapeOwner): string | undefined {
  if (label.kind === "blank") return undefined;
  if (label.kind === "foreign") {
    return overwrite ? undefined : msg`the tape in the drive holds something that is no backup made by mondo`;
  }
  const { head } = label;
  if (head.set === set) return msg`the tape in the drive is ${describeTape(head, head.tape)}, which is being written`;
  const isYoung = now - head.created < YOUNG_SECONDS;
  if (overwrite || (head.host === host && !isYoung)) return undefined;
  return msg`the tape in the drive holds a backup of ${head.host} of ${dateText(head.created)}`;
}

/** Why a tape is not the one of a set that is read next. */
export function whyNotThisTape(label: TapeLabel, set: string, tape: number): string | undefined {
  if (label.kind !== "ours") return msg`the tape in the drive is none of a backup made by mondo`;
  const { head } = label;
  return head.set === set && head.tape === tape
    ? undefined
    : msg`the tape in the drive is ${describeTape(head, head.tape)}`;
}
