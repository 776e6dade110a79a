import { exitCodeOf } from "../base/errors.ts";
import { printable } from "../base/printable.ts";
import { linuxHost } from "../host/linux.ts";
import { showPaged } from "../host/pager.ts";
import { firstUncaught } from "../host/process-events.ts";
import { restartForArchives } from "../host/restart.ts";
import { processId } from "../host/self.ts";
import { standardError, standardOutput, writeError, writeOutput } from "../host/standard-streams.ts";
import { jsonReporter, plainReporter, terminalReporter } from "../ui/reporters.ts";
import type { CommandContext } from "./command.ts";
import { explainError } from "./explain-error.ts";
import { habitNotes } from "./habit-notes.ts";
import { unknownCommand } from "./help/help-commands.ts";
import { parseWords } from "./parse.ts";
import { type Role, roles, type Start } from "./roles.ts";
import { asksForHelp } from "./scan-words.ts";
import { commands } from "./table.ts";
import { versionLine } from "./version-command.ts";
import { withSharedSet } from "./with-shared-set.ts";
import { withStreamedSet } from "./with-streamed-set.ts";

const VERSION_WORDS = new Set(["-v", "--version", "-version"]);
const HELP_WORDS = new Set(["-h", "--help"]);

/** The last part of a path: the name we were called by. */
const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** Chooses the command by the name we were called with, else by the first word. */
function choose(
  calledAs: string,
  words: readonly string[],
): { name: string; classic: boolean; rest: readonly string[] } {
  const byName = commands.find((command) => command.spec.alsoCalled?.includes(calledAs));
  if (byName) return { name: byName.spec.name, classic: true, rest: words };
  const [first = "help", ...rest] = words;
  if (HELP_WORDS.has(first)) return { name: "help", classic: false, rest };
  return { name: first, classic: false, rest };
}

async function runRole(role: Role, start: Start): Promise<number> {
  try {
    return await role.run(start);
  } catch (error) {
    writeError(explainError(linuxHost(), "fault", error, false));
    return exitCodeOf(error);
  }
}

/** Runs the program; returns the exit status. Only `main.ts` exits. */
export async function runProgram(calledAs: string, words: readonly string[]): Promise<number> {
  const called = baseName(calledAs);
  const start = { called, words, isPid1: processId() === 1 };
  const role = roles.find(({ isMeant }) => isMeant(start));
  if (role) return runRole(role, start);
  if (words.length === 1 && (VERSION_WORDS.has(words[0] ?? "") || (words[0] === "-V" && called !== "mondo"))) {
    writeOutput(versionLine());
    return 0;
  }
  const { name, classic, rest } = choose(called, words);
  const json = rest.includes("--json");
  const reporterOn = (out: typeof standardOutput) =>
    (json ? jsonReporter : out.isTerminal ? terminalReporter : plainReporter)(out);
  let reporter = reporterOn(standardOutput);
  const command = commands.find(({ spec }) => spec.name === name);
  try {
    if (!command)
      throw unknownCommand(
        name,
        commands.map(({ spec }) => spec),
      );
    if (asksForHelp(command.spec, rest)) return runProgram("mondo", ["help", name]);
    if (command.forArchives) restartForArchives();
    const parsed = parseWords(command.spec, rest);
    if (command.givesOutput?.(parsed)) reporter = reporterOn(standardError);
    const context: CommandContext = {
      host: linuxHost(),
      reporter,
      words: parsed,
      classic,
      write: (text) => writeOutput(printable(text)),
      columns: standardOutput.columns,
      async page(text) {
        const shown = printable(text);
        if (!(await showPaged(shown))) writeOutput(shown);
      },
    };
    for (const note of habitNotes(command.spec, parsed)) reporter.info(note);
    const work = withSharedSet(command.spec, context, (here) =>
      withStreamedSet(command.spec, here, (own) => command.run(own)),
    );
    return await Promise.race([work, firstUncaught()]);
  } catch (error) {
    reporter.endLine?.();
    writeError(explainError(linuxHost(), command?.spec.name ?? "fault", error, json));
    return exitCodeOf(error);
  }
}
