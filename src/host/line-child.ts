/** A child of this program that answers lines with lines, for as long as its parent lives. */

import { MondoError, messageOf } from "../base/errors.ts";
import { sameLanguage } from "../base/language.ts";
import { msg } from "../base/message.ts";
import { answerOfChild } from "./ask-child.ts";
import { startPiped } from "./piped-process.ts";
import { selfCommand } from "./self.ts";
import { writeOutput } from "./standard-streams.ts";

/** The parent's end. */
export interface LineChild {
  readonly pid: number;
  /** Answers `question`; throws `system` with its reason when the work failed, took longer, or the child is gone. */
  ask<T extends object>(question: object, timeoutMs: number): Promise<T>;
  /** Whether it is still there. */
  isAlive(): boolean;
  /** Lets it end in order, and kills it when it has not after `timeoutMs`. */
  end(timeoutMs: number): Promise<void>;
  /** Lets it end in order, and waits so long at most: it is never killed. Tells whether it has ended. */
  release(timeoutMs: number): Promise<boolean>;
}

interface Failure {
  readonly error?: string;
  readonly errno?: number;
}

/** Resolves to `late` unless `work` is done before. */
async function within<T>(work: Promise<T>, ms: number, late: () => T): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(late()), ms);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Starts this program as such a child, in the language of this process; `words` name its role. */
export function startLineChild(words: readonly string[], environment: Readonly<Record<string, string>>): LineChild {
  const decoder = new TextDecoder();
  let pending = "";
  let reason: string | undefined;
  let waiting: ((line: string) => void) | undefined;
  const answer = (line: string) => {
    waiting?.(line);
    waiting = undefined;
  };
  const gone = () => JSON.stringify({ error: msg`it has ended${reason ? `: ${reason}` : ""}` });
  let whenEnded = () => {};
  const ended = new Promise<void>((resolve) => {
    whenEnded = resolve;
  });
  const child = startPiped(
    selfCommand(words),
    { ...environment, ...sameLanguage(process.env) },
    {
      receive(bytes) {
        const lines = (pending + decoder.decode(bytes, { stream: true })).split("\n");
        pending = lines.pop() ?? "";
        for (const line of lines) answer(line);
      },
      ended(stderr) {
        reason = stderr;
        answer(gone());
        whenEnded();
      },
    },
  );
  return {
    pid: child.pid,
    isAlive: () => reason === undefined,
    async ask<T extends object>(question: object, timeoutMs: number): Promise<T> {
      const line = new Promise<string>((resolve) => {
        waiting = resolve;
        if (reason !== undefined) answer(gone());
        else child.send(new TextEncoder().encode(`${JSON.stringify(question)}\n`));
      });
      const late = () => JSON.stringify({ error: msg`no answer within ${timeoutMs / 1000} s` });
      const { error, errno, ...value } = JSON.parse(await within(line, timeoutMs, late)) as T & Failure;
      if (error === undefined) return value as T;
      throw new MondoError("system", error, errno === undefined ? {} : { data: { errno } });
    },
    async end(timeoutMs) {
      child.end();
      await within(ended, timeoutMs, () => child.kill());
    },
    release(timeoutMs) {
      child.end();
      const done = ended.then(() => true);
      return within(done, timeoutMs, () => false);
    },
  };
}

/**
 * The child's end: answers each line of standard input by what `work` makes of it, until that is closed. Signals that a
 * terminal sends to all of its processes are the parent's to judge.
 */
export async function answerLines(work: (question: unknown) => object | Promise<object>): Promise<void> {
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => {});
  const decoder = new TextDecoder();
  let pending = "";
  for await (const bytes of Bun.stdin.stream() as unknown as AsyncIterable<Uint8Array>) {
    const lines = (pending + decoder.decode(bytes, { stream: true })).split("\n");
    pending = lines.pop() ?? "";
    for (const line of lines) writeOutput(`${await answerOfChild(() => work(parsed(line)))}\n`);
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new MondoError("bug", msg`a question that can't be read: ${messageOf(error)}`);
  }
}
