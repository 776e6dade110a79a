import { archiveCommand } from "./archive.ts";
import type { Command } from "./command.ts";
import { compareCommand } from "./compare.ts";
import { extractCommand } from "./extract.ts";
import { helpCommands } from "./help-commands.ts";
import { imageCommand } from "./image.ts";
import { listCommand } from "./list.ts";
import { restoreCommand } from "./restore.ts";
import { verifyCommand } from "./verify.ts";
import { versionCommand } from "./version.ts";

/** Every command, in the order of `mondo help`. */
export const commands: readonly Command[] = [
  archiveCommand,
  restoreCommand,
  listCommand,
  extractCommand,
  verifyCommand,
  compareCommand,
  imageCommand,
  ...helpCommands(() => commands),
  versionCommand,
];
