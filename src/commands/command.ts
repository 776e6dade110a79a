import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import type { ParsedWords } from "./parse.ts";
import type { CommandSpec } from "./spec.ts";

/** What a command is given. */
export interface CommandContext {
  readonly host: Host;
  readonly reporter: Reporter;
  readonly words: ParsedWords;
  /** The set as it was named, where `words` have a path in its place that ends with the command. */
  readonly setName?: string;
  /** Called by its Mondo name (mondoarchive …): Mondo's rules for required switches apply. */
  readonly classic: boolean;
  /** Standard output, for what was asked for (listings, scripts). */
  write(text: string): void;
  /** Characters in a line of the terminal; 80 where there is none. */
  readonly columns: number;
  /** Shows a text to be read: in a pager where it is longer than the terminal, else on standard output. */
  page(text: string): Promise<void>;
}

/** A command: its description and its work. Returns the exit status. */
export interface Command {
  readonly spec: CommandSpec;
  /** It reads or writes whole archives: the runtime is set up for that (see host/restart.ts). */
  readonly forArchives?: true;
  /** Whether standard output is for what the command makes: messages go to standard error then. */
  readonly givesOutput?: (words: ParsedWords) => boolean;
  run(context: CommandContext): Promise<number>;
}
