import { dlopen, type FFIFunction, type Library } from "bun:ffi";
import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";

/** What Bun says of calls to C where it may not make machine code while it runs. Source: Bun 1.4.5. */
const NO_MACHINE_CODE = /\bJIT\b/;

function forbidden(cause: unknown): MondoError {
  return new MondoError("system", msg`mondo may not make machine code while it runs on this machine (execmem)`, {
    hint: msg`Where SELinux forbids it, allow it: chcon -t unconfined_execmem_exec_t ${process.execPath}, or for all programs: setsebool allow_execmem on.`,
    cause,
  });
}

/**
 * Functions of a C library. Where the runtime may not make the code that calls them, each throws `system`, so that
 * whoever needs one is told why; what needs none (help, version) works. Throws what `dlopen` does of anything else.
 */
export function library<Functions extends Readonly<Record<string, FFIFunction>>>(
  name: string,
  functions: Functions,
): Library<Functions>["symbols"] {
  try {
    return dlopen(name, functions).symbols;
  } catch (error) {
    if (!NO_MACHINE_CODE.test(messageOf(error))) throw error;
    const refuse = (): never => {
      throw forbidden(error);
    };
    return Object.fromEntries(Object.keys(functions).map((key) => [key, refuse])) as never;
  }
}
