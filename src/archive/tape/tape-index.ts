import * as v from "valibot";
import { encodeText } from "../../base/bytes.ts";
import { MOST_BLOCK_BYTES } from "../../formats/archive/stream-piece.ts";

/** Which files of which tapes a set lies in: a file of the set that is beside the manifest. */
export const TAPE_INDEX_NAME = "tapes.json";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const indexSchema = v.object({
  blockBytes: v.pipe(v.number(), v.safeInteger(), v.minValue(512), v.maxValue(MOST_BLOCK_BYTES)),
  tapes: v.array(
    v.object({
      /** Files of the tape, each ended by a file mark, in order. */
      files: v.array(
        v.object({
          /** Number on the tape, from 0. */
          file: count,
          /** File of the set; of several that stand there together, the first. */
          name: v.string(),
          /** Where in that the tape's file begins: more than 0 where it goes on from the tape before. */
          offset: count,
        }),
      ),
    }),
  ),
});

/** Where the files of a set lie on its tapes. */
export type TapeIndex = v.InferOutput<typeof indexSchema>;

/** A file of a tape. */
export type TapeFile = TapeIndex["tapes"][number]["files"][number];

/** As the file of a set. */
export const encodeTapeIndex = (index: TapeIndex): Uint8Array => encodeText(`${JSON.stringify(index)}\n`);

/** Reads one; undefined: it is none. */
export function decodeTapeIndex(text: string): TapeIndex | undefined {
  try {
    const result = v.safeParse(indexSchema, JSON.parse(text));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}
