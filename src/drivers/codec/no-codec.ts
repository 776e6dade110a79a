import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { type Codec, frameRoom } from "./codec.ts";

/** Tar as it is. Nothing checks a frame but the checksums of volumes and contents. */
export const noCodec: Codec = {
  type: "none",
  ending: ".tar",
  command: "cat",
  compressor: () => ({
    compress: (input, { room } = {}) => {
      const frame = frameRoom(input.length, room);
      frame.set(input);
      return frame.subarray(0, input.length);
    },
  }),
  decompressor: () => ({
    decompress: (frame, length) => {
      if (frame.length === length) return frame;
      throw new MondoError("damaged", msg`a frame has ${frame.length} bytes instead of ${length}`);
    },
  }),
};
