import { renderBashCompletion } from "./bash-completion.ts";
import type { CompletedCommand } from "./completed-command.ts";
import { renderFishCompletion } from "./fish-completion.ts";
import { renderZshCompletion } from "./zsh-completion.ts";

/** The renderers of completion scripts by the name of their shell. */
export const completions: Readonly<Record<string, (commands: readonly CompletedCommand[]) => string>> = {
  bash: renderBashCompletion,
  zsh: renderZshCompletion,
  fish: renderFishCompletion,
};
