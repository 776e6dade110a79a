import { archiveCommand } from "./archive.ts";
import { checkLayoutCommand } from "./check-layout.ts";
import type { Command } from "./command.ts";
import { compareCommand } from "./compare.ts";
import { extractCommand } from "./extract.ts";
import { helpCommands } from "./help-commands.ts";
import { imageCommand } from "./image.ts";
import { layoutCommand } from "./layout.ts";
import { listCommand } from "./list.ts";
import { planCommand } from "./plan.ts";
import { pxeCommand } from "./pxe.ts";
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
  layoutCommand,
  planCommand,
  checkLayoutCommand,
  imageCommand,
  pxeCommand,
  ...helpCommands(() => commands),
  versionCommand,
];
