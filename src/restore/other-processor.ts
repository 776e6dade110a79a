import { architectures, architecture as own } from "../base/architecture.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { RestoreContext } from "./context.ts";

/**
 * A restore starts programs of the restored system, the installer of its boot loader first: they must run here. Throws
 * `unsupported` for a set of another processor.
 */
export function requireProcessor({ host }: Pick<RestoreContext["manifest"], "host">, architecture = own): void {
  const isOther = Object.values(architectures).some(
    ({ machine }) => machine === host.arch && machine !== architecture.machine,
  );
  if (!isOther) return;
  const here = architecture.machine;
  throw new MondoError(
    "unsupported",
    msg`the backup of ${host.name} is of ${host.arch}, this rescue system of ${here}`,
    {
      hint: msg`Start the machine from the medium of its own backup.`,
    },
  );
}
