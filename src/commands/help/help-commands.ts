import { closest } from "../../base/closest.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { BootWordTable } from "../../init/words/boot-word.ts";
import { type BootWords, bootWords, renderBootWords } from "../../init/words/boot-words.ts";
import { renderEditHelp } from "../../plan/edit/edit-help.ts";
import { renderAnswersHelp } from "../../restore/answers-help.ts";
import { renderRescueHelp } from "../../restore/rescue-help.ts";
import type { Command } from "../command.ts";
import type { CommandSpec } from "../spec.ts";
import { completedCommands, helpTopics } from "./completed-command.ts";
import { completions } from "./completion.ts";
import { renderManPage } from "./man-page.ts";
import { helpWidth, renderHelp, renderOverview } from "./render-help.ts";

/** Lines of the manual page that are not wrapped by its formatter. */
const MANUAL_WIDTH = 72;

/** The topic `boot`, wrapped to the width. */
type BootHelp = (width: number) => string;

const bootHelpOf =
  (words: BootWords<BootWordTable>): BootHelp =>
  (width) =>
    `${renderBootWords(width, words)}\n\n${renderAnswersHelp(width)}\n`;

/** The error for a command that does not exist, with the one that was probably meant. */
export function unknownCommand(
  name: string,
  specs: readonly CommandSpec[],
  topics: readonly string[] = [],
): MondoError {
  const names = specs.flatMap((spec) => [spec.name, ...(spec.alsoCalled ?? [])]);
  const meant = closest(name, [...names, ...topics]);
  return new MondoError("usage", msg`there is no command "${name}"`, {
    hint: msg`${meant === undefined ? "" : msg`Did you mean ${meant}? `}Run "mondo help" for the list.`,
  });
}

function helpCommand(specs: () => readonly CommandSpec[], bootHelp: BootHelp): Command {
  return {
    spec: {
      name: "help",
      summary: msg`explain the commands`,
      usage: "[COMMAND | boot | edit | rescue]",
      description: [
        msg`Lists the commands, or explains one. The topic boot lists the words that the rescue medium understands at its boot prompt; edit explains how a restore makes another layout; rescue, what to do in a shell of the rescue system. A long text is shown in $MONDO_PAGER, $PAGER, less or more.`,
      ],
      operands: "COMMAND",
      operandCompletes: "topic",
      options: [],
    },
    async run({ words, columns, page }) {
      const [name] = words.operands;
      const width = helpWidth(columns);
      if (name === undefined) await page(renderOverview(specs(), width));
      else if (name === "boot") await page(bootHelp(width));
      else if (name === "edit") await page(`${renderEditHelp(width)}\n`);
      else if (name === "rescue") await page(`${renderRescueHelp(width)}\n`);
      else {
        const spec = specs().find((candidate) => candidate.name === name || candidate.alsoCalled?.includes(name));
        if (spec === undefined) throw unknownCommand(name, specs(), helpTopics);
        await page(renderHelp(spec, width));
      }
      return 0;
    },
  };
}

function manCommand(specs: () => readonly CommandSpec[], bootHelp: BootHelp): Command {
  return {
    spec: {
      name: "man",
      summary: msg`print the manual page (roff)`,
      usage: "",
      description: [msg`Prints the manual page mondo(8) on standard output.`],
      options: [],
    },
    async run({ write }) {
      write(renderManPage(specs(), bootHelp(MANUAL_WIDTH)));
      return 0;
    },
  };
}

function completionCommand(specs: () => readonly CommandSpec[]): Command {
  const shells = Object.keys(completions);
  return {
    spec: {
      name: "completion",
      summary: msg`print the completion script for a shell`,
      usage: `[${shells.join(" | ")}]`,
      description: [
        msg`Prints it on standard output; default: for bash. To try it: eval "$(mondo completion)" in bash, mondo completion fish | source in fish. For zsh, write it to a file _mondo in a directory of fpath.`,
      ],
      operands: "SHELL",
      operandCompletes: { words: shells },
      options: [],
    },
    async run({ words, write }) {
      const [shell = "bash"] = words.operands;
      const render = Object.hasOwn(completions, shell) ? completions[shell] : undefined;
      if (render === undefined) {
        const hint = msg`Choose one of ${shells.join(", ")}.`;
        throw new MondoError("usage", msg`there is no completion for "${shell}"`, { hint });
      }
      write(render(completedCommands(specs())));
      return 0;
    },
  };
}

/**
 * `help`, `man` and `completion`: renderings of the boot words, and of the command table, which they are a part of and
 * get lazily.
 */
export function helpCommands(
  commands: () => readonly Command[],
  words: BootWords<BootWordTable> = bootWords,
): readonly Command[] {
  const specs = () => commands().map((command) => command.spec);
  const bootHelp = bootHelpOf(words);
  return [helpCommand(specs, bootHelp), manCommand(specs, bootHelp), completionCommand(specs)];
}
