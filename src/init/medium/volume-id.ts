import { volumeIdOf } from "../../archive/set/iso-medium.ts";
import { msg } from "../../base/message.ts";
import { decodeVolumeId, ISO_DESCRIPTOR } from "../../formats/fs/iso9660.ts";
import { readSlowly, type SlowRead } from "../../host/slow-read.ts";

/** A drive that spins its disc up answers within this. */
export const ANSWER_MS = 20_000;

/** Reads where the descriptor of an ISO 9660 file system lies on a device. */
export function readDescriptor(path: string): Promise<SlowRead> {
  return readSlowly(path, ISO_DESCRIPTOR.offset, ISO_DESCRIPTOR.length, ANSWER_MS);
}

/**
 * The volume id of the ISO 9660 file system on a device; `undefined` when there is none, or the device does not answer.
 */
export async function volumeIdOn(path: string): Promise<string | undefined> {
  const answer = await readDescriptor(path);
  return answer.result === "bytes" ? decodeVolumeId(answer.bytes) : undefined;
}

/** What a disc is by its volume id, when it isn't the medium that is wanted: `it holds medium 2 of this backup`. */
export function describeVolumeId(id: string, set: string): string {
  const [, start, number] = /^MONDO_([0-9A-F]{8})_(\d+)$/.exec(id) ?? [];
  if (start === undefined) return id === "" ? msg`it holds another disc` : msg`it holds another disc (${id})`;
  if (volumeIdOf(set, Number(number)) === id) return msg`it holds medium ${number} of this backup`;
  return msg`it holds medium ${number} of another backup (set ${start.toLowerCase()}…)`;
}
