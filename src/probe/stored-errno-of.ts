import { MondoError } from "../base/errors.ts";
import { storedErrno } from "../host/syscalls.ts";

/** Why a device could not be read, in English whoever looks: facts end up in sets. Undefined: what was read is odd. */
export function storedErrnoOf(error: unknown): string | undefined {
  if (!(error instanceof MondoError)) return undefined;
  // Failures of Node have the number, failures of calls of our own the data.
  const { errno } = (error.cause ?? {}) as { readonly errno?: unknown };
  const number = [error.data.errno, errno].find((one) => typeof one === "number");
  return number === undefined ? undefined : storedErrno(Math.abs(number));
}
