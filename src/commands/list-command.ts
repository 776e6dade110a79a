import { openCatalog } from "../archive/catalog/catalog.ts";
import { entryFields, entryLine } from "../archive/catalog/describe-entry.ts";
import { type Matcher, matcherOf } from "../archive/catalog/pattern.ts";
import type { Problem } from "../archive/entry.ts";
import { catalogSpan, type OpenSet } from "../archive/set/open-set.ts";
import { countProblems, isIncomplete, problemsOf } from "../archive/set/saved-problems.ts";
import { MondoError } from "../base/errors.ts";
import { msg, told } from "../base/message.ts";
import type { Command, CommandContext } from "./command.ts";
import { credentialsOption } from "./credentials-option.ts";
import {
  jsonOption,
  PATTERN_HELP,
  prefixOption,
  requireAsSigned,
  SET_HELP,
  setOf,
  signedByOption,
  tapeSetOption,
} from "./set-words.ts";
import type { CommandSpec } from "./spec.ts";
import { tellSavedProblems } from "./tell-saved-problems.ts";

/** Lines are written together: a call a line would be the most expensive part. */
const CHUNK_CHARACTERS = 64 * 1024;

const listSpec: CommandSpec = {
  name: "list",
  summary: msg`list the files in a backup`,
  usage: "SET [PATTERN]… [--problems] [--sets] [-p NAME] [--signed-by FILE] [--json]",
  description: [
    msg`One line for each file, as ls -l writes it: owners are numbers, times are UTC, + marks extended attributes, h a further name of a file that stands before it.`,
    SET_HELP,
    PATTERN_HELP,
    msg`Reads the catalog only. What could not be saved as it was when the backup was made is counted in the end, and the exit status is 3; --problems names it, one line for each, instead of the files.`,
  ],
  operands: "SET [PATTERN]…",
  operandCompletes: "set",
  options: [
    {
      long: "sets",
      help: msg`if SET is a tape drive: the backups on the tape in it, one line for each, instead of the files`,
    },
    { long: "problems", help: msg`what could not be saved as it was, instead of the files` },
    prefixOption,
    tapeSetOption,
    signedByOption,
    credentialsOption,
    jsonOption,
  ],
  examples: [
    { line: "mondo list /srv/backup/web1-1.iso", does: msg`everything` },
    { line: "mondo list /srv/backup -p web1 '/etc/**/*.conf' passwd", does: msg`chosen files` },
  ],
};

function listProblems({ words, write }: CommandContext, problems: readonly Problem[]): void {
  const line = ({ path, severity, reason }: Problem) =>
    words.flags.has("json")
      ? JSON.stringify({ event: "saved-problem", path, severity, reason })
      : `${severity} ${path}: ${told(reason)}`;
  write(problems.map((problem) => `${line(problem)}\n`).join(""));
}

function listEntries({ words, write }: CommandContext, set: OpenSet, matcher: Matcher | undefined): void {
  const json = words.flags.has("json");
  let text = "";
  for (const entry of openCatalog(catalogSpan(set)).entries()) {
    if (matcher && !matcher.matches(entry.path)) continue;
    text += json ? `${JSON.stringify({ event: "entry", ...entryFields(entry) })}\n` : `${entryLine(entry)}\n`;
    if (text.length < CHUNK_CHARACTERS) continue;
    write(text);
    text = "";
  }
  write(text);
}

/** `mondo list`. */
export const listCommand: Command = {
  spec: listSpec,
  givesOutput: ({ flags }) => !flags.has("json"),
  async run(context) {
    const { set, patterns } = setOf(context);
    await requireAsSigned(set, "catalog", context.reporter);
    const matcher = patterns.length === 0 ? undefined : matcherOf(patterns);
    const problems = matcher
      ? problemsOf(set.manifest.problems, ({ path }) => matcher.matches(path))
      : set.manifest.problems;
    if (context.words.flags.has("problems")) {
      listProblems(context, problems);
      return isIncomplete(countProblems(problems)) ? 3 : 0;
    }
    listEntries(context, set, matcher);
    const status = tellSavedProblems(context, problems);
    const [missing] = matcher?.unmatched() ?? [];
    if (missing === undefined) return status;
    throw new MondoError("not-found", msg`nothing in the backup matches "${missing}"`, {
      hint: msg`Run "mondo help list" for how patterns are read.`,
    });
  },
};
