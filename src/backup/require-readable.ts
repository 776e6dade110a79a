import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { checkDetails } from "../drivers/check-details.ts";
import { decodeLayout } from "../layout/decode-layout.ts";
import type { Layout } from "../layout/types.ts";

/** Throws `unsupported` when a set with this layout would be refused as damaged by whoever reads it. */
export function requireReadable(layout: Layout): void {
  try {
    checkDetails(decodeLayout(JSON.parse(JSON.stringify(layout))));
  } catch (cause) {
    const what = cause instanceof MondoError ? String(cause.data.what) : messageOf(cause);
    throw new MondoError("unsupported", msg`this machine has something that no restore would take: ${what}`, {
      hint: msg`Leave its device out with -E /dev/NAME, and report this.`,
      cause,
    });
  }
}
