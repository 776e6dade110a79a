import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import type { PipedInput, PipedOutput } from "../../host/run-piped.ts";
import { cure } from "../../network/setting.ts";
import { REMOTE_ERRNO } from "../remote/remote-tree.ts";

/** Runs a command line there. Replaced in tests. */
export type RunThere = (command: string, input: PipedInput) => Promise<PipedOutput>;

/** What a client works with. */
export interface ShellWire {
  readonly host: Pick<Host, "sleep" | "nowMs">;
  readonly run: RunThere;
  readonly log: (text: string) => void;
  /** How long a server that went away is waited for. */
  readonly patienceMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A script for a shell there. */
export interface Script {
  readonly text: string;
  /** What it knows as `$1`, `$2` … */
  readonly words: readonly string[];
  readonly input?: PipedInput["input"];
  /** Length of that. */
  readonly inputBytes?: number;
  /** For messages: "write /x". */
  readonly what: string;
  /** Exit codes that are no failure, besides 0. */
  readonly accept?: readonly number[];
}

const FIRST_PAUSE_MS = 500;
const MOST_PAUSE_MS = 15_000;
/** What came in between breaks off: ssh says so, and a script of ours that not all bytes have arrived. */
const LOST = 255;
export const INCOMPLETE = 99;
/** Of one script: a server that breaks off each time is not asked for ever, unless somebody waits that long. */
const MOST_TRIES = 40;
/** sshd answers for a server whose disk does not. Nothing comes while something is sent: 256 kbit/s at least. */
const SILENCE_MS = 60_000;
const SENT_BYTES_PER_MS = 32;

/** A word that a shell of any kind takes as it is. */
const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** By which the tools there would show names, sizes and dates otherwise. */
const PLAIN = "unset TIME_STYLE QUOTING_STYLE BLOCK_SIZE LS_BLOCK_SIZE; LC_ALL=C; export LC_ALL; umask 077;";

/** The command line that has a script run, whatever the login shell is. Pure. */
export const commandOf = ({ text, words }: Pick<Script, "text" | "words">): string =>
  ["exec sh -c", quoted(`${PLAIN} ${text}`), "sh", ...words.map(quoted)].join(" ");

const PROBLEMS: readonly (readonly [RegExp, keyof typeof REMOTE_ERRNO, string])[] = [
  [/No space left|quota exceeded/i, "noSpace", msg`Make room there, or let fewer backups stay (--keep).`],
  [/Permission denied|not permitted/i, "denied", msg`Let this user write there, or give another directory.`],
  [/Read-only file system/i, "readOnly", msg`Mount it there so that it can be written to, or give another directory.`],
  [
    /not found|No such file/i,
    "notFound",
    msg`Look at the server: a shell with mkdir, cat, wc, mv, ls, find and dd is needed.`,
  ],
];

/** A failure there as one sentence. Pure. */
export function explainShell(server: string, what: string, { code, stderr }: PipedOutput): MondoError {
  const last = stderr.split("\n").at(-1)?.slice(0, 200) ?? "";
  const [, errno, hint] = PROBLEMS.find(([pattern]) => pattern.test(stderr)) ?? [];
  return new MondoError(
    errno === "noSpace" ? "no-space" : "system",
    msg`${server} can't ${what}: ${last || msg`status ${code}`}`,
    {
      hint: hint ?? msg`Try it by hand with ssh: a plain shell is needed there, which prints nothing of its own.`,
      data: { errno: REMOTE_ERRNO[errno ?? "io"], ...cure("share").data },
    },
  );
}

/** Has scripts run on a server, again when the connection breaks. */
export class ShellClient {
  readonly server: string;
  readonly #wire: ShellWire;

  constructor(server: string, wire: ShellWire) {
    this.server = server;
    this.#wire = wire;
  }

  /** The same for another time of waiting. */
  with(wire: Partial<ShellWire>): ShellClient {
    return new ShellClient(this.server, { ...this.#wire, ...wire });
  }

  /** What a script gives. Throws one sentence when it fails, or when the server does not come back. */
  async run(script: Script): Promise<PipedOutput> {
    const { host, run, log, patienceMs, signal } = this.#wire;
    let end = host.nowMs() + patienceMs;
    const mostTries = Number.isFinite(patienceMs) ? MOST_TRIES : Number.POSITIVE_INFINITY;
    const silenceMs = SILENCE_MS + (script.inputBytes ?? 0) / SENT_BYTES_PER_MS;
    let pauseMs = FIRST_PAUSE_MS;
    for (let number = 1; ; number += 1) {
      const began = host.nowMs();
      const input = script.input === undefined ? {} : { input: script.input };
      const answer = await run(commandOf(script), { ...input, signal, silenceMs });
      const { code, stderr, isSilent = false } = answer;
      if (code === 0 || script.accept?.includes(code)) return answer;
      if (code !== LOST && code !== INCOMPLETE && !isSilent) throw explainShell(this.server, script.what, answer);
      // What was sent for longer than the patience lasts was no silence.
      if (!isSilent) end += host.nowMs() - began;
      const closed = stderr.split("\n").at(-1) || msg`the connection was closed`;
      const why = isSilent ? msg`nothing came from there for ${Math.round(silenceMs / 1000)} seconds` : closed;
      if (host.nowMs() > end || number >= mostTries) throw this.#away(script, why);
      log(`${script.what}: ${why}; trying again`);
      await host.sleep(pauseMs);
      pauseMs = Math.min(MOST_PAUSE_MS, pauseMs * 2);
    }
  }

  #away({ what }: Script, why: string): MondoError {
    return new MondoError("not-found", msg`${this.server} can't be brought to ${what}: ${why}`, {
      hint: msg`Look at the SSH server, at its disks and its address, and at the cable.`,
      data: { errno: REMOTE_ERRNO.away, ...cure("share").data },
    });
  }
}
