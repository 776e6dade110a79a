/** Commands around each image (`-B`, `-A`), as Mondo had them: CD writers were started by these. */

import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";

/** What a command is run for. */
export interface ImageOccasion {
  /** As it was given: `-A` or `-B`. */
  readonly option: "-A" | "-B";
  /** Path of the image. */
  readonly iso: string;
  readonly number: number;
}

/** What these words in a command stand for. */
const tokens = { _ISO_: ({ iso }: ImageOccasion) => iso, "_CD#_": ({ number }: ImageOccasion) => String(number) };

/** Paths that a shell takes as one word, however a command quotes them. */
const PLAIN = /^[\w./:@%+,=-]+$/;

/** The command with its words replaced. Throws `usage` for a path that a shell would take apart. */
export function withImage(command: string, occasion: ImageOccasion): string {
  if (command.includes("_ISO_") && !PLAIN.test(occasion.iso)) {
    throw new MondoError(
      "usage",
      msg`${occasion.option}: a shell would take ${occasion.iso} apart, which _ISO_ stands for`,
      {
        hint: msg`Write "$MONDO_ISO" in place of _ISO_, or another directory or prefix.`,
      },
    );
  }
  return command.replace(/_ISO_|_CD#_/g, (token) => tokens[token as keyof typeof tokens](occasion));
}

/**
 * Runs a command for an image, in a shell, with the image in $MONDO_ISO and its number in $MONDO_NUMBER; its output is
 * reported. Throws `system` when it fails.
 */
export async function runForImage(
  host: Host,
  command: string,
  occasion: ImageOccasion,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  const { option, iso, number } = occasion;
  const line = withImage(command, occasion);
  reporter.step(`${option === "-B" ? msg`Before` : msg`After`} ${iso}: ${line}`);
  const { code } = await host.run({
    argv: ["/bin/sh", "-c", line],
    env: { MONDO_ISO: iso, MONDO_NUMBER: String(number) },
    accept: "any",
    signal,
    onLine: (text) => reporter.info(text),
  });
  if (code === 0) return;
  const hint = option === "-A" ? msg`The image is whole: run the command again for it.` : msg`What it said is above.`;
  throw new MondoError("system", msg`the command of ${option} for ${iso} ended with status ${code}`, { hint });
}
