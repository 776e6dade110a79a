import { isFault, MondoError, sentenceOf, traceOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { printable } from "../base/printable.ts";
import type { Host } from "../host/host.ts";
import { processId } from "../host/self.ts";
import { openLogFile } from "../ui/log-file.ts";

/** Where a trace can be written to, the best place first; a file in a directory of all users must be new. */
function keptIn(host: Host, command: string, text: string): string | undefined {
  let failed = false;
  const path = `/var/log/mondo-${command}.log`;
  openLogFile(host, path, () => {
    failed = true;
  })(text);
  if (!failed) return path;
  return ["/var/tmp", "/tmp", "."]
    .map((directory) => `${directory}/mondo-fault-${processId()}-${host.nowMs()}.log`)
    .find((file) => {
      try {
        return host.create(file, text, 0o600);
      } catch {
        return false;
      }
    });
}

/** Keeps the trace of a fault in a log; returns what a user does about it. */
function keepFault(host: Host, command: string, error: unknown): string {
  const path = keptIn(host, command, `${new Date(host.nowMs()).toISOString()} fault ${traceOf(error)}\n`);
  return path === undefined
    ? msg`Please report it; its traces could be written nowhere.`
    : msg`Please report it, with ${path}, where its traces are.`;
}

/** One sentence for what went wrong, and one for what to do now; as JSON where that is wanted. Ends in a line feed. */
export function explainError(host: Host, command: string, error: unknown, json: boolean): string {
  const hint = isFault(error) ? keepFault(host, command, error) : error instanceof MondoError ? error.hint : undefined;
  const text = sentenceOf(error);
  if (json) {
    const code = error instanceof MondoError ? error.code : isFault(error) ? "bug" : "system";
    return `${printable(JSON.stringify({ event: "error", code, text, ...(hint === undefined ? {} : { hint }) }))}\n`;
  }
  return printable(`mondo: ${text}${hint === undefined ? "" : `\n  ${hint}`}\n`);
}
