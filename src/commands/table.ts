import { archiveCommand } from "./archive-command.ts";
import { backupCommand } from "./backup-command.ts";
import { burnCommand } from "./burn-command.ts";
import { checkLayoutCommand } from "./check-layout-command.ts";
import type { Command } from "./command.ts";
import { compareCommand } from "./compare-command.ts";
import { configCommand } from "./config-command.ts";
import { extractCommand } from "./extract-command.ts";
import { helpCommands } from "./help/help-commands.ts";
import { imageCommand } from "./image-command.ts";
import { layoutCommand } from "./layout-command.ts";
import { listCommand } from "./list-command.ts";
import { planCommand } from "./plan-command.ts";
import { pxeCommand } from "./pxe-command.ts";
import { restoreCommand } from "./restore-command.ts";
import { setsCommand } from "./sets-command.ts";
import { verifyCommand } from "./verify-command.ts";
import { versionCommand } from "./version-command.ts";

/** Every command, in the order of `mondo help`. */
export const commands: readonly Command[] = [
  archiveCommand,
  backupCommand,
  configCommand,
  restoreCommand,
  setsCommand,
  burnCommand,
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
