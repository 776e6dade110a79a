import { isOfMachine, soundLayout } from "../archive/set/manifest.ts";
import { openSet } from "../archive/set/open-set.ts";
import { requireRoot } from "../backup/checks.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { mountlist } from "../layout/mountlist.ts";
import { showLayout } from "../layout/show-layout.ts";
import type { Layout } from "../layout/types.ts";
import { editLayout } from "../plan/edit/edit-layout.ts";
import { flawWords } from "../plan/edit/flaw.ts";
import { obstacles } from "../probe/obstacles.ts";
import { probeMachine } from "../probe/probe.ts";
import type { Command, CommandContext } from "./command.ts";
import { credentialsOption } from "./credentials-option.ts";
import { editOptions, editsOf } from "./edit-options.ts";
import { prefixOption, SET_HELP } from "./set-words.ts";
import type { CommandSpec } from "./spec.ts";

const layoutSpec: CommandSpec = {
  name: "layout",
  summary: msg`show the layout of disks, of this machine or of a backup`,
  usage: "[SET] [--edit FILE]… [--set NODE.KEY=VALUE]… [--json | --mountlist] [-p NAME]",
  description: [
    msg`Shows disks, partition tables, partitions, arrays, volume groups, file systems, mount points and the boot loader, as a backup made now would save them, or as SET holds them. Lists what could not be rebuilt, too. Writes nothing.`,
    SET_HELP,
  ],
  operands: "SET",
  operandCompletes: "set",
  options: [
    { long: "json", help: msg`the layout as JSON, as the manifest of a backup holds it` },
    { long: "mountlist", help: msg`in the format of Mondo's mountlist.txt: device, mount point, format, KiB, label` },
    ...editOptions,
    prefixOption,
    credentialsOption,
  ],
  examples: [
    { line: "mondo layout", does: msg`this machine as a tree` },
    { line: "mondo layout /srv/backup/web1-1.iso --json", does: msg`what was saved, for a program` },
  ],
};

/** The first word's set, and nothing behind it. */
export function oneOperand({ words }: CommandContext): string | undefined {
  const [place, other] = words.operands;
  if (other === undefined) return place;
  throw new MondoError("usage", msg`unexpected word "${other}"`, { hint: msg`Name one backup.` });
}

async function layoutOf(context: CommandContext): Promise<Layout> {
  const { host, words } = context;
  const place = oneOperand(context);
  if (place !== undefined) {
    const { name, manifest } = openSet(host, place, words.values.get("prefix"));
    if (isOfMachine(manifest)) return soundLayout(manifest);
    throw new MondoError("not-found", msg`${name} is the backup of a directory tree: it holds no layout of disks`, {
      hint: msg`Run "mondo list" to see its files.`,
    });
  }
  requireRoot();
  return probeMachine(host, "/");
}

/** `mondo layout`. */
export const layoutCommand: Command = {
  spec: layoutSpec,
  async run(context) {
    const { words, write, reporter } = context;
    if (words.flags.has("json") && words.flags.has("mountlist")) {
      throw new MondoError("usage", msg`--json and --mountlist contradict each other`, {
        hint: msg`Give one of them.`,
      });
    }
    const saved = await layoutOf(context);
    const { layout, flaws } = editLayout(saved, editsOf(context.host, words, saved));
    if (words.flags.has("json")) write(`${JSON.stringify(layout, null, 1)}\n`);
    else if (words.flags.has("mountlist")) write(mountlist(layout));
    else {
      write(showLayout(layout));
      for (const text of [...obstacles(layout), ...flaws.map(flawWords)]) reporter.warn(text);
    }
    return 0;
  },
};
