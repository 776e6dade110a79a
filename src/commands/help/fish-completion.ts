import { msg } from "../../base/message.ts";
import type { Completes, OptionSpec } from "../spec.ts";
import type { CompletedCommand } from "./completed-command.ts";

const quoted = (text: string): string => `'${text.replace(/['\\]/g, "\\$&")}'`;

/** What fish's `complete` offers for a word. */
function offers(completes: Completes | undefined): string {
  if (completes === undefined) return "-x";
  if (typeof completes === "object")
    return `${completes.files ? "-F -r" : "-x"} -a ${quoted(completes.words.join(" "))}`;
  return { directory: "-x -a '(__fish_complete_directories)'", file: "-r -F", set: "-x -a '(__mondo_sets)'" }[
    completes
  ];
}

function optionLine(start: string, { letter, long, value, completes, help }: OptionSpec): string {
  const names = `${letter === undefined ? "" : ` -s ${letter}`}${long === undefined ? "" : ` -l ${long}`}`;
  return `${start}${names}${value === undefined ? "" : ` ${offers(completes)}`} -d ${quoted(help)}`;
}

function commandLines({ names, options, operand }: CompletedCommand): string[] {
  const [name, ...others] = names;
  const starts = [
    `complete -c mondo -n '__fish_seen_subcommand_from ${name}'`,
    ...others.map((o) => `complete -c ${o}`),
  ];
  return starts.flatMap((start) => [
    ...(operand === undefined ? [] : [`${start} ${offers(operand)}`]),
    ...options.map((option) => optionLine(start, option)),
    `${start} -l help -d ${quoted(msg`explain the command`)}`,
  ]);
}

const SETS = `function __mondo_sets
    set -l begun (commandline -ct)
    for file in $begun*
        if test -d $file
            echo $file/
        else if test -b $file; or string match -qi '*.iso' -- $file
            echo $file
        end
    end
end`;

/** A completion script for fish. */
export function renderFishCompletion(commands: readonly CompletedCommand[]): string {
  return [
    "# fish completion for mondo and its other names",
    SETS,
    ...["mondo", ...commands.flatMap(({ names: [, ...others] }) => others)].map((name) => `complete -c ${name} -f`),
    ...commands.map(
      ({ names: [name = ""], summary }) =>
        `complete -c mondo -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ),
    ...commands.flatMap(commandLines),
    "",
  ].join("\n");
}
