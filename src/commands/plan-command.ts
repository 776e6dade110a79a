import { soundLayout } from "../archive/set/manifest.ts";
import { type OpenSet, openSet } from "../archive/set/open-set.ts";
import { requireRoot } from "../backup/checks.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { showLayout } from "../layout/show-layout.ts";
import type { Layout } from "../layout/types.ts";
import { editLayout, requireNoFlaws } from "../plan/edit/edit-layout.ts";
import { type Flaw, flawWords } from "../plan/edit/flaw.ts";
import { lackingFlaws, neededFiles } from "../plan/edit/needed-files.ts";
import { NO_DISK } from "../plan/plan-onto.ts";
import { showPlan } from "../plan/show.ts";
import { layoutFrom } from "../probe/layout-from.ts";
import { readFacts } from "../probe/read-facts.ts";
import { carriersOf } from "../restore/carriers.ts";
import { describeBecoming, describeKept } from "../restore/prepare.ts";
import { previewRestore } from "../restore/preview.ts";
import { savedFiles } from "../restore/saved-files.ts";
import type { Command, CommandContext } from "./command.ts";
import { credentialsOption } from "./credentials-option.ts";
import { editOptions, editsOf, saveEdits, saveEditsOption } from "./edit-options.ts";
import { keepOf, keepOption } from "./keep-option.ts";
import { oneOperand } from "./layout-command.ts";
import { prefixOption, SET_HELP } from "./set-words.ts";
import type { CommandSpec } from "./spec.ts";

const planSpec: CommandSpec = {
  name: "plan",
  summary: msg`show what a restore onto this machine would do and destroy`,
  usage:
    "[SET] [--disks OLD=NEW,…] [--edit FILE]… [--set NODE.KEY=VALUE]… [--noresize | --nopart] [--keep LIST] [--json] [-p NAME]",
  description: [
    msg`Makes the plan that the rescue system would make on this machine: which disk becomes which, what is destroyed, every command. Disks that are in use now count as free, as they are in the rescue system. Without SET: a restore of a backup made now. Writes nothing.`,
    SET_HELP,
    msg`--edit and --set change the layout first: other sizes, file systems, RAID, LVM, encryption. What follows from that (fstab, crypttab, mdadm.conf, kernel command line, initramfs, boot loader) is part of the plan. What would not work is named, and nothing is planned then.`,
    msg`The exit status is 10 when such a restore would be refused; the reason is printed.`,
  ],
  operands: "SET",
  operandCompletes: "set",
  options: [
    {
      long: "disks",
      value: "LIST",
      help: msg`which disk of the backup (name or serial number) shall become which here: sda=/dev/sdb,sdb=/dev/sdc; sdc=none for one that holds caches only`,
    },
    {
      long: "noresize",
      help: msg`keep every size: disks that are too small are refused, on larger ones the rest stays free`,
    },
    { long: "nopart", help: msg`keep the partition tables that are on the disks, and restore into their partitions` },
    ...editOptions,
    saveEditsOption,
    keepOption,
    { long: "json", help: msg`the plan as JSON, as the rescue system carries it out` },
    prefixOption,
    credentialsOption,
  ],
  examples: [
    { line: "mondo plan /srv/backup/web1-1.iso", does: msg`what that disc would do to this machine` },
    {
      line: "mondo plan --set sdb.disk=like:sda --set root.raid=raid1:sdb2 --set root.type=xfs",
      does: msg`this machine with its root as XFS on a mirror of two disks`,
    },
    { line: "mondo plan --disks sda=sdb --json", does: msg`this machine onto its second disk, for a program` },
  ],
};

/** `sda=/dev/sdb,sdb=sdc` as pairs; throws `usage`. */
export function parseDiskChoice(text: string | undefined): Record<string, string> {
  const pairs = (text ?? "").split(",").filter((pair) => pair !== "");
  const entries = pairs.map((pair): [string, string] => {
    const [old = "", device = "", more] = pair.split("=");
    if (old !== "" && device !== "" && more === undefined) return [old, device];
    throw new MondoError("usage", msg`--disks: "${pair}" is not a pair of disks`, {
      hint: msg`Write old=new, several with commas between: sda=/dev/sdb,sdb=/dev/sdc.`,
    });
  });
  const twice = entries.find(([old, device], at) =>
    entries.slice(at + 1).some(([o, d]) => o === old || (d === device && d !== NO_DISK)),
  );
  if (twice)
    throw new MondoError("usage", msg`--disks names ${twice.join("=")} twice`, { hint: msg`Name each disk once.` });
  return Object.fromEntries(entries);
}

/** The rescue must not erase what it reads from. */
function warnOfCarriers({ host, reporter }: CommandContext, set: OpenSet, disks: readonly { path: string }[]): void {
  const carriers = carriersOf(host, set.name);
  const own = disks.find((disk) => carriers.includes(disk.path));
  if (own) reporter.warn(msg`${own.path} holds this backup: a restore needs it on another medium, or refuses`);
}

/** What the saved system lacks for an edited layout: of a set by its catalog, of this machine by its files. */
function lackingIn({ host }: CommandContext, set: OpenSet | undefined, saved: Layout, layout: Layout): Flaw[] {
  const paths = neededFiles(saved, layout).flatMap((one) => one.paths);
  const there = set && paths.length > 0 ? savedFiles(set, paths) : new Set<string>();
  return lackingFlaws(saved, layout, (path) => (set ? there.has(path) : host.exists(path)));
}

/** `mondo plan`. */
export const planCommand: Command = {
  spec: planSpec,
  async run(context) {
    const { host, words, write, reporter } = context;
    const place = oneOperand(context);
    const chosen = parseDiskChoice(words.values.get("disks"));
    requireRoot();
    const set = place === undefined ? undefined : openSet(host, place, words.values.get("prefix"));
    const facts = await readFacts(host, "/");
    const saved = set ? soundLayout(set.manifest) : layoutFrom(facts);
    const edits = editsOf(host, words, saved);
    const { layout, flaws: own } = editLayout(saved, edits);
    const flaws = edits.length === 0 ? own : [...own, ...lackingIn(context, set, saved, layout)];
    requireNoFlaws(flaws);
    for (const flaw of flaws) reporter.warn(flawWords(flaw));
    saveEdits(host, words, edits);
    const ready = previewRestore(host, facts, {
      layout,
      ...(edits.length === 0 ? {} : { unedited: saved }),
      set: set?.manifest.set ?? "",
      chosen,
      resize: !words.flags.has("noresize"),
      partition: !words.flags.has("nopart"),
      ...keepOf(words),
    });
    if (words.flags.has("json")) {
      write(`${JSON.stringify(ready.plan, null, 1)}\n`);
      return 0;
    }
    if (edits.length > 0) write(`${showLayout(ready.plan.layout)}\n`);
    for (const line of [...describeKept(ready), ...describeBecoming(layout, ready)]) write(`${line}\n`);
    write(showPlan(ready.plan, { detailed: true }));
    if (set) warnOfCarriers(context, set, ready.plan.disks);
    reporter.info(msg`Nothing was written`);
    return 0;
  },
};
