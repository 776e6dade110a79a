import { exitStatuses } from "../../src/commands/help/exit-statuses.ts";
import { type CommandSpec, optionSignature } from "../../src/commands/spec.ts";
import { commands } from "../../src/commands/table.ts";
import { allWords, bootWords } from "../../src/init/words/boot-words.ts";
import { answerMeanings } from "../../src/restore/answers-help.ts";

const cell = (text: string) => text.replaceAll("|", "\\|");
const code = (text: string) => `\`${cell(text)}\``;
/** Placeholders and stars of running text that Markdown would take for its own. */
const prose = (text: string) => text.replace(/[*<_\\]/g, "\\$&");

function table(heads: readonly [string, string], rows: readonly (readonly [string, string])[]): string {
  return [`| ${heads.join(" | ")} |`, "|---|---|", ...rows.map((row) => `| ${row.join(" | ")} |`)].join("\n");
}

function commandSection({ name, alsoCalled = [], summary, usage, description, options, examples = [] }: CommandSpec) {
  const calls = [`mondo ${name}`, ...alsoCalled].map((call) => `${call} ${usage}`.trimEnd());
  const rows = options.map((option) => [code(optionSignature(option)), prose(cell(option.help))] as const);
  return [
    `## mondo ${name}`,
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    ["```", ...calls, "```"].join("\n"),
    ...description.map(prose),
    ...(rows.length === 0 ? [] : [table(["option", "meaning"], rows)]),
    ...examples.map(({ line, does }) => `\`${line}\`: ${prose(does)}.`),
  ].join("\n\n");
}

/** Every command with its options, every boot word, answer and exit status, as one page of Markdown. */
export function renderReference(): string {
  const words = allWords(bootWords).map(
    ({ syntax, meaning }) => [syntax.split(" | ").map(code).join("<br>"), prose(cell(meaning))] as const,
  );
  const answers = Object.entries(answerMeanings).map(([name, meaning]) => [code(name), prose(cell(meaning))] as const);
  return `${[
    "<!-- Made by make docs from the program's own tables: don't edit. -->",
    "# Reference",
    "`mondo help COMMAND`, `man mondo` and this page have the same source. The other names of the program, `mondoarchive`, `mondorestore` and `mindi`, are commands of their own.",
    ...commands.map(({ spec }) => commandSection(spec)),
    "## Boot words",
    "They follow the name of an entry in the boot menu (press Tab by BIOS, `e` by UEFI), or stand in the configuration of a boot server.",
    table(["word", "meaning"], words),
    "## Answers",
    "The file that `mondo.answers=` names is JSON. All members but `version` are optional.",
    table(["member", "value"], answers),
    "## Exit status",
    table(
      ["status", "meaning"],
      exitStatuses.map(([status, meaning]) => [String(status), prose(cell(meaning))]),
    ),
  ].join("\n\n")}\n`;
}
