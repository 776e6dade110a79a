import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { decodeLongEntry, type FtpEntry } from "../../formats/network/ftp.ts";
import { REMOTE_ERRNO } from "../remote/remote-tree.ts";

/** Links, devices, pipes and sockets: no part of a backup. */
const OTHER_KIND = /^[bclpsD][rwxsStTlL-]{9}/;
const TOTAL = /^total /;

/**
 * The files and directories that `ls -ln` shows, `.` and `..` too. Throws for a line that says something else: what is
 * not understood must not pass for what is not there. Pure.
 */
export function decodeLongListing(text: string, server: string, directory: string): FtpEntry[] {
  return text.split("\n").flatMap((line) => {
    const entry = decodeLongEntry(line);
    if (entry || line === "" || TOTAL.test(line) || OTHER_KIND.test(line)) return entry ?? [];
    const shown = JSON.stringify(line.slice(0, 200));
    throw new MondoError(
      "refused",
      msg`${server} lists ${directory} in a way that mondo does not understand: ${shown}`,
      {
        hint: msg`A plain ls -ln is needed there, and no names with line breaks.`,
        data: { errno: REMOTE_ERRNO.io, setting: "share" },
      },
    );
  });
}
