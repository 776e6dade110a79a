/** A run as an entry of the journal, with fields that journalctl(1) selects by. */
import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import type { RunSummary } from "./run-summary.ts";

const SOCKET = "/run/systemd/journal/socket";
/** Made for these: `journalctl MESSAGE_ID=…`. */
const messageIds = { ok: "5b0f6d2c1f7a4a0d9a3e0c6c3c1d8e4f", failed: "c6c0a7f0b1d94b5d8f2e3a7d5e9b1c20" } as const;
/** Source: syslog(3). */
const priorities = { notice: 5, warning: 4, error: 3 } as const;

function messageOf({ ok, status, host, job, prefix, seconds, error }: RunSummary): string {
  const what = msg`backup ${job ?? prefix} of ${host}`;
  if (!ok) return msg`${what} failed: ${error?.text ?? msg`for an unknown reason`}`;
  return msg`${what} is made, in ${seconds} s${status === 0 ? "" : msg`, with problems (status ${status})`}`;
}

/** The fields of an entry. Pure. */
export function journalFields(run: RunSummary): Readonly<Record<string, string>> {
  const { ok, status, job, prefix, level, set, places, bytes, entries, problems, readLive, error, seconds } = run;
  const priority = ok ? (status === 0 ? priorities.notice : priorities.warning) : priorities.error;
  return {
    ...{ MESSAGE: messageOf(run), MESSAGE_ID: ok ? messageIds.ok : messageIds.failed, PRIORITY: String(priority) },
    ...{ SYSLOG_IDENTIFIER: "mondo", MONDO_PREFIX: prefix, MONDO_LEVEL: String(level), MONDO_STATUS: String(status) },
    ...{ MONDO_SECONDS: String(seconds), MONDO_BYTES: String(bytes), MONDO_ENTRIES: String(entries) },
    MONDO_PROBLEMS: String(problems.lost + problems.changed),
    ...(readLive.length === 0 ? {} : { MONDO_READ_LIVE: readLive.join(" ") }),
    ...(job === undefined ? {} : { MONDO_JOB: job }),
    ...(set === undefined ? {} : { MONDO_SET: set }),
    ...(places[0] === undefined ? {} : { MONDO_PLACE: places[0] }),
    ...(error === undefined ? {} : { MONDO_ERROR: error.code }),
  };
}

/** Writes it where there is a journal and the tool that speaks to it. Throws `tool-failed`. */
export async function writeJournal(host: Host, run: RunSummary): Promise<void> {
  if (!host.exists(SOCKET) || host.which("logger") === undefined) return;
  // A line each: nothing that a set's name or an error holds makes a field of its own.
  const line = ([name, value]: readonly [string, string]) => `${name}=${value.replaceAll(/[\0\n]/g, " ")}\n`;
  const input = Object.entries(journalFields(run)).map(line).join("");
  await host.run({ argv: ["logger", "--journald"], input, timeoutMs: 10_000 });
}
