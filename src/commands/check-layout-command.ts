import { type Manifest, soundLayout } from "../archive/set/manifest.ts";
import { openSet } from "../archive/set/open-set.ts";
import { readManifest } from "../archive/set/read-manifest.ts";
import { requireRoot } from "../backup/checks.ts";
import { SET_STORE } from "../backup/set-store.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import { layoutDrift } from "../layout/drift.ts";
import { receivesBackup } from "../layout/receives-backup.ts";
import { nodesOf } from "../layout/types.ts";
import { probeMachine } from "../probe/probe.ts";
import type { Command, CommandContext } from "./command.ts";
import { credentialsOption } from "./credentials-option.ts";
import { oneOperand } from "./layout-command.ts";
import { jsonOption, prefixOption, SET_HELP, tellerOf } from "./set-words.ts";
import type { CommandSpec } from "./spec.ts";

const checkLayoutSpec: CommandSpec = {
  name: "check-layout",
  summary: msg`tell whether this machine's disk layout changed since its last backup`,
  usage: "[SET | PREFIX] [-p NAME] [--json]",
  description: [
    msg`Compares disks, tables, partitions, arrays, volume groups, file systems, mount points, /etc/fstab and boot loader with those that the backup saved. Prints a line for each change; the exit status is 4 if there are any: time for a new backup. How full file systems are doesn't count.`,
    msg`Without a name: the newest backup whose manifest is kept below ${SET_STORE}; PREFIX takes the newest of that prefix.`,
    SET_HELP,
  ],
  operands: "SET",
  operandCompletes: "set",
  options: [prefixOption, credentialsOption, jsonOption],
  examples: [{ line: "mondo check-layout || mail -s 'layout changed' root", does: msg`in a nightly job` }],
};

/** Manifests in a directory, and one directory further down. */
function manifestsIn(host: Host, directory: string, depth = 2): string[] {
  return host.list(directory).flatMap((name) => {
    const path = `${directory}/${name}`;
    if (name.endsWith("manifest.json")) return [path];
    return depth > 0 && host.stat(path)?.kind === "directory" ? manifestsIn(host, path, depth - 1) : [];
  });
}

function newestKept(host: Host, prefix: string | undefined): Manifest {
  const directory = prefix === undefined ? SET_STORE : `${SET_STORE}/${prefix}`;
  const found = manifestsIn(host, directory).map((path) => readManifest(host, path));
  const newest = found
    .filter((manifest) => nodesOf(soundLayout(manifest), "disk").length > 0)
    .sort((a, b) => b.created - a.created)[0];
  if (newest) return newest;
  throw new MondoError("not-found", msg`no manifest of a backup is kept in ${directory}`, {
    hint: msg`Name the backup itself: its ISO, or the directory that holds it.`,
  });
}

function savedManifest(context: CommandContext): Manifest {
  const { host, words } = context;
  const place = oneOperand(context);
  const isPrefix = place !== undefined && !place.includes("/") && !host.exists(place);
  if (place === undefined || isPrefix) return newestKept(host, place ?? words.values.get("prefix"));
  return openSet(host, place, words.values.get("prefix")).manifest;
}

/** `mondo check-layout`. */
export const checkLayoutCommand: Command = {
  spec: checkLayoutSpec,
  async run(context) {
    const { host } = context;
    requireRoot();
    const manifest = savedManifest(context);
    const { host: owner, created, options } = manifest;
    const layout = soundLayout(manifest);
    if (nodesOf(layout, "disk").length === 0) {
      throw new MondoError("unsupported", msg`the backup of ${owner.name} holds files only, no layout of disks`, {
        hint: msg`Name a backup of the whole machine.`,
      });
    }
    const excluded = options.excluded.filter((path) => path.startsWith("/dev/"));
    const receivers = nodesOf(layout, "left-out").filter(receivesBackup);
    const exclude = [...excluded, ...receivers.map((disk) => disk.path)];
    const images = nodesOf(layout, "image")
      .map(({ path }) => path)
      .filter((path) => host.exists(path));
    const drift = layoutDrift(layout, await probeMachine(host, "/", { exclude, images }));
    const teller = tellerOf(context);
    for (const text of drift) teller.finding("change", { text }, text);
    const when = new Date(created * 1000).toISOString().replace("T", " ").slice(0, 16);
    const since = msg`the backup of ${owner.name} from ${when} UTC`;
    const text = drift.length === 0 ? msg`The layout is that of ${since}` : msg`${drift.length} changes since ${since}`;
    teller.outcome("checked", { changes: drift.length, created }, text);
    return drift.length === 0 ? 0 : 4;
  },
};
