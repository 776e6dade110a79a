import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";

const HINT = msg`Look at /proc/mdstat, mdadm --examine and lvm pvs in the shell: a member may be missing.`;

/** The error of a volume whose own program doesn't start it. */
export function notStarted(what: string, cause: unknown): MondoError {
  return new MondoError("not-found", `${what}: ${messageOf(cause)}`, { hint: HINT, cause });
}
