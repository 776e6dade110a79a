import { archiveCommand } from "./archive.ts";
import type { Command } from "./command.ts";
import { helpCommands } from "./help-commands.ts";
import { imageCommand } from "./image.ts";
import { restoreCommand } from "./restore.ts";
import { versionCommand } from "./version.ts";

/** Every command, in the order of `mondo help`. */
export const commands: readonly Command[] = [
  archiveCommand,
  restoreCommand,
  imageCommand,
  ...helpCommands(() => commands),
  versionCommand,
];
