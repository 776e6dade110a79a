import { MondoError } from "../base/errors.ts";
import { renderBootWords } from "../init/words/boot-words.ts";
import { renderAnswersHelp } from "../restore/answers-help.ts";
import type { Command } from "./command.ts";
import { renderBashCompletion, renderHelp, renderManPage, renderOverview } from "./help.ts";

const bootHelp = () => `${renderBootWords()}\n\n${renderAnswersHelp()}\n`;

/** `help`, `man` and `completion`: renderings of the command table, which they are given lazily as they are part of it. */
export function helpCommands(commands: () => readonly Command[]): readonly Command[] {
  const specs = () => commands().map((command) => command.spec);
  const help: Command = {
    spec: {
      name: "help",
      summary: "explain the commands",
      usage: "[COMMAND | boot]",
      description: [
        "Lists the commands, or explains one. The topic boot lists the words that the rescue medium understands at its boot prompt.",
      ],
      operands: "COMMAND",
      options: [],
    },
    async run({ words, write }) {
      const name = words.operands[0];
      if (name === undefined) {
        write(renderOverview(specs()));
        return 0;
      }
      if (name === "boot") {
        write(bootHelp());
        return 0;
      }
      const spec = specs().find((candidate) => candidate.name === name || candidate.alsoCalled?.includes(name));
      if (!spec)
        throw new MondoError("usage", `there is no command "${name}"`, {
          hint: 'Run "mondo help" for those that there are.',
        });
      write(renderHelp(spec));
      return 0;
    },
  };
  const printer = (name: string, summary: string, render: () => string): Command => ({
    spec: { name, summary, usage: "", description: [`Prints it on standard output.`], options: [] },
    async run({ write }) {
      write(render());
      return 0;
    },
  });
  return [
    help,
    printer("man", "print the manual page (roff)", () => renderManPage(specs(), bootHelp())),
    printer("completion", "print the completion script for bash", () => renderBashCompletion(specs())),
  ];
}
