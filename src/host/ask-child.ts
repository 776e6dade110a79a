import { MondoError, messageOf } from "../base/errors.ts";
import { sameLanguage } from "../base/language.ts";
import type { Host } from "./host.ts";
import { selfCommand } from "./self.ts";

/** How work in a child ended. */
export type ChildAnswer<T = object> =
  | { readonly result: "done"; readonly value: T }
  | { readonly result: "failed"; readonly reason: string; readonly errno: number }
  | { readonly result: "timeout" };

interface Failure {
  readonly error?: string;
  readonly errno?: number;
}

/** In the child: what `work` returns, or how it failed, as one line of JSON for standard output. */
export async function answerOfChild(work: () => object | Promise<object>): Promise<string> {
  try {
    return JSON.stringify(await work());
  } catch (error) {
    const errno = error instanceof MondoError ? error.data.errno : undefined;
    return JSON.stringify({ error: messageOf(error), ...(typeof errno === "number" ? { errno } : {}) });
  }
}

/**
 * Starts this program as a child for work that may hang (`words` name its role), and waits at most `timeoutMs`; then
 * the child is killed. `input` is for its standard input.
 */
export async function askChild<T extends object>(
  host: Host,
  words: readonly string[],
  timeoutMs: number,
  input?: string,
): Promise<ChildAnswer<T>> {
  const began = host.nowMs();
  try {
    const command = {
      argv: selfCommand(words),
      env: sameLanguage(host.env),
      timeoutMs,
      ...(input === undefined ? {} : { input }),
    };
    const answer = JSON.parse((await host.run(command)).stdout) as T & Failure;
    if (answer.error === undefined) return { result: "done", value: answer };
    return { result: "failed", reason: answer.error, errno: answer.errno ?? 0 };
  } catch (error) {
    if (host.nowMs() - began >= timeoutMs) return { result: "timeout" };
    return { result: "failed", reason: messageOf(error), errno: 0 };
  }
}
