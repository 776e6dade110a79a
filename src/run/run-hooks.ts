import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { version } from "../base/program-version.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import type { Hook, HookMoment } from "./find-hooks.ts";

/** The hooks of a run, and what they are told. */
export interface Hooks {
  readonly found: readonly Hook[];
  /** Their environment, without `MONDO_`: `{ HOST: "web1" }`. Never a secret. */
  readonly facts: Readonly<Record<string, string>>;
}

/** What hooks had to say, one sentence each: what is not as it should be, but stops nothing. */
export type HookWarnings = readonly string[];

/** A hook that ends so goes on with a warning: the run ends as one with problems does. */
const WARNING = 3;

/** What comes after is done in the opposite order: what was stopped last is started first. */
const isAfter = (moment: HookMoment) => moment.startsWith("after-") || moment === "failed";

/** Runs one hook; returns its warning, if it has one. Throws `tool-failed`. */
async function runOne(
  host: Host,
  hook: Hook,
  moment: HookMoment,
  facts: Hooks["facts"],
  reporter: Reporter,
  signal: AbortSignal | undefined,
): Promise<HookWarnings> {
  reporter.step(`${moment}: ${hook.path}`);
  const named = Object.entries(facts).map(([name, value]) => [`MONDO_${name}`, value.replaceAll("\0", "")]);
  const { code } = await host.run({
    argv: [hook.path, moment],
    cwd: "/",
    env: { ...Object.fromEntries(named), MONDO_MOMENT: moment, MONDO_VERSION: version },
    accept: "any",
    timeoutMs: hook.timeoutMs,
    ownSession: true,
    ...(signal ? { signal } : {}),
    onLine: (text) => reporter.info(`${hook.name}: ${text}`),
  });
  if (code === 0) return [];
  const text = msg`the hook ${hook.path} ended with status ${code} at ${moment}`;
  if (code !== WARNING) {
    throw new MondoError("tool-failed", text, {
      hint: msg`What it said is above. A hook that ends with status ${WARNING} stops nothing.`,
      data: { hook: hook.path, moment, code },
    });
  }
  reporter.warn(text);
  return [text];
}

/**
 * Calls the hooks of a moment, in the order of their names; those of `after-` and `failed` in the opposite one, all of
 * them even if one fails. Throws the first failure: `tool-failed`, and the signal's reason.
 */
export async function runHooks(
  host: Host,
  { found, facts }: Hooks,
  moment: HookMoment,
  reporter: Reporter,
  signal?: AbortSignal,
): Promise<HookWarnings> {
  const meant = found.filter((hook) => hook.moments.includes(moment));
  const warnings: string[] = [];
  const failures: unknown[] = [];
  for (const hook of isAfter(moment) ? meant.toReversed() : meant) {
    try {
      warnings.push(...(await runOne(host, hook, moment, facts, reporter, signal)));
    } catch (error) {
      if (!isAfter(moment)) throw error;
      if (failures.length > 0) reporter.warn(messageOf(error));
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return warnings;
}

/** Two moments that belong together, as in brackets. */
export interface HookBrackets {
  readonly before: HookMoment;
  readonly after: HookMoment;
}

/**
 * Does work between two moments. Whatever happens, also where a hook before it fails or the signal aborts, those after
 * it are called, which know how it went by MONDO_RESULT (`ok`, `failed`): a database that was stopped is started again.
 */
export async function betweenHooks<T>(
  host: Host,
  hooks: Hooks,
  { before, after }: HookBrackets,
  reporter: Reporter,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly warnings: HookWarnings }> {
  const ended = (result: "ok" | "failed") =>
    runHooks(host, { ...hooks, facts: { ...hooks.facts, RESULT: result } }, after, reporter);
  const done = await (async () => {
    const warnings = await runHooks(host, hooks, before, reporter, signal);
    return { result: await work(), warnings };
  })().catch(async (error: unknown) => {
    // Why it failed comes first: what fails afterwards is only told.
    await ended("failed").catch((further: unknown) => reporter.warn(messageOf(further)));
    throw error;
  });
  return { ...done, warnings: [...done.warnings, ...(await ended("ok"))] };
}
