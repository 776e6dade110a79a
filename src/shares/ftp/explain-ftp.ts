import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { cure } from "../../network/setting.ts";
import { certificateProblem } from "../http/certificate-problem.ts";
import { REMOTE_ERRNO } from "../remote/remote-tree.ts";
import type { FtpLogin } from "./ftp-connection.ts";

/** What a person can do about a failure to write. */
const HINTS: ReadonlyMap<unknown, string> = new Map([
  [REMOTE_ERRNO.noSpace, msg`Make room there, or let fewer backups stay (--keep); earlier ones are as they were.`],
  [REMOTE_ERRNO.denied, msg`Let this user write there, or give another directory.`],
  [REMOTE_ERRNO.notFound, msg`Let this user write there, or give another directory.`],
  [REMOTE_ERRNO.away, msg`Look at the FTP server, at its address, and at the cable.`],
  [REMOTE_ERRNO.io, msg`Look whether its disk or this user's quota is full, and at its log.`],
]);

/** A failure with what can be done about it. Pure. */
export function explainFtp({ server, port, user }: FtpLogin, error: unknown, nowMs: number): unknown {
  const untrusted = certificateProblem(`ftps://${server}:${port}`, error, nowMs);
  if (untrusted || !(error instanceof MondoError) || error.hint !== undefined) return untrusted ?? error;
  const hint = HINTS.get(error.data.errno);
  if (hint === undefined) return error;
  const isAway = error.data.errno === REMOTE_ERRNO.away;
  const message = isAway ? `${server}: ${error.message}` : msg`${server}, as ${user}: ${error.message}`;
  return new MondoError(error.code, message, { hint, cause: error, data: { ...error.data, ...cure("share").data } });
}
