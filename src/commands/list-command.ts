import { openCatalog } from "../archive/catalog/catalog.ts";
import { entryFields, entryLine } from "../archive/catalog/describe-entry.ts";
import { matcherOf } from "../archive/catalog/pattern.ts";
import { catalogSpan } from "../archive/set/open-set.ts";
import { MondoError } from "../base/errors.ts";
import type { Command } from "./command.ts";
import { jsonOption, PATTERN_HELP, prefixOption, SET_HELP, setOf } from "./set-words.ts";
import type { CommandSpec } from "./spec.ts";

/** Lines are written together: a call a line would be the most expensive part. */
const CHUNK_CHARACTERS = 64 * 1024;

const listSpec: CommandSpec = {
  name: "list",
  summary: "list the files in a backup",
  usage: "SET [PATTERN]… [-p NAME] [--json]",
  description: [
    "One line for each file, as ls -l writes it: owners are numbers, times are UTC, + marks extended attributes, h a further name of a file that stands before it.",
    SET_HELP,
    PATTERN_HELP,
    "Reads the catalog only.",
  ],
  operands: "SET [PATTERN]…",
  operandCompletes: "set",
  options: [prefixOption, jsonOption],
  examples: [
    { line: "mondo list /srv/backup/web1-1.iso", does: "everything" },
    { line: "mondo list /srv/backup -p web1 '/etc/**/*.conf' passwd", does: "chosen files" },
  ],
};

/** `mondo list`. */
export const listCommand: Command = {
  spec: listSpec,
  async run(context) {
    const { words, write } = context;
    const { set, patterns } = setOf(context);
    const matcher = patterns.length === 0 ? undefined : matcherOf(patterns);
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
    const [missing] = matcher?.unmatched() ?? [];
    if (missing === undefined) return 0;
    throw new MondoError("not-found", `nothing in the backup matches "${missing}"`, {
      hint: 'Run "mondo help list" for how patterns are read.',
    });
  },
};
