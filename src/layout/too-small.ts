import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";

/** The error of what doesn't fit on the disks that are there, with the numbers as data. */
export const tooSmall = (message: string, data: Readonly<Record<string, unknown>>): MondoError =>
  new MondoError("no-match", message, { hint: msg`Put in a larger disk, or choose others in interactive mode.`, data });
