import { msg } from "../../base/message.ts";
import { raidModule } from "../../drivers/volume/md-names.ts";
import type { Action, Effect } from "../../effects/effect.ts";
import { nodesBelow } from "../../layout/graph.ts";
import { type Layout, type Luks, nodesOf, type Raid } from "../../layout/types.ts";
import { fstabChanges } from "./followed.ts";
import { lineChanges, rootOf } from "./root-words.ts";

/** Where distributions keep the kernel's command line, and what wakes from hibernation. */
const COMMAND_LINES = [
  ...["/etc/default/grub", "/etc/kernel/cmdline", "/boot/grub/grub.cfg", "/boot/grub2/grub.cfg"],
  ...["/boot/grub2/grubenv", "/etc/initramfs-tools/conf.d/resume"],
];

const isDebian = (layout: Layout) => nodesOf(layout, "hardware")[0]?.rebuild?.[0] === "update-initramfs";

function fstabAction(before: Layout, after: Layout, root: string): Action[] {
  const changes = fstabChanges(before, after).filter(({ was, now }) => JSON.stringify(was) !== JSON.stringify(now));
  if (changes.length === 0) return [];
  const say = msg`Write what is mounted where into /etc/fstab (${changes.length} line${changes.length === 1 ? "" : "s"})`;
  const effects = [{ do: "fstabLines", path: `${root}/etc/fstab`, changes } as const];
  return [{ id: "edited:fstab", node: "fstab", say, destroys: [], effects }];
}

/** Those of one layout that the other lacks, by their UUIDs. */
const lacking = <T extends Raid | Luks>(those: readonly T[], others: readonly T[]): T[] =>
  those.filter(({ uuid }) => !others.some((one) => one.uuid === uuid));

function crypttabAction(before: Layout, after: Layout, root: string): Action[] {
  const [had, has] = [nodesOf(before, "luks"), nodesOf(after, "luks")];
  const gone = lacking(had, has).map(({ name }) => name);
  const add = lacking(has, had).map(({ name, uuid }) => `${name} UUID=${uuid} none luks`);
  if (gone.length + add.length === 0) return [];
  const say = msg`Write ${[...add.map((line) => msg`how ${line.split(" ")[0]} is opened`), ...gone.map((name) => msg`that ${name} is gone`)].join(", ")} into /etc/crypttab`;
  const effect = { do: "configLines", path: `${root}/etc/crypttab`, without: gone, add } as const;
  return [{ id: "edited:crypttab", node: "crypttab", say, destroys: [], effects: [effect] }];
}

function raidAction(before: Layout, after: Layout, root: string): Action[] {
  const [had, has] = [nodesOf(before, "raid"), nodesOf(after, "raid")];
  const gone = lacking(had, has).flatMap(({ uuid, path }) => [`UUID=${uuid}`, `ARRAY ${path}`]);
  const add = lacking(has, had).map(({ path, metadata, uuid }) => `ARRAY ${path} metadata=${metadata} UUID=${uuid}`);
  if (gone.length + add.length === 0) return [];
  const file = isDebian(after) ? "/etc/mdadm/mdadm.conf" : "/etc/mdadm.conf";
  const say = msg`Name the arrays of the edited layout in ${file}`;
  const effect = { do: "configLines", path: `${root}${file}`, without: gone, add } as const;
  return [{ id: "edited:mdadm", node: has[0]?.id ?? "raid", say, destroys: [], effects: [effect] }];
}

function lineAction(before: Layout, after: Layout, root: string): Action[] {
  const { words, names } = lineChanges(before, after);
  const own = nodesOf(after, "loader").flatMap(({ details }) => details.configs ?? []);
  const files = [...new Set([...COMMAND_LINES, ...own])].map((path) => `${root}${path}`);
  const effects: Effect[] = files.flatMap((path): Effect[] => [
    ...(Object.keys(names).length === 0 ? [] : [{ do: "renameDevices", path, names } as const]),
    ...(Object.keys(words).length === 0 ? [] : [{ do: "replaceWords", path, words } as const]),
  ]);
  if (effects.length === 0) return [];
  const say = msg`Name the root of the edited layout on the kernel's command line`;
  return [{ id: "edited:command-line", node: "loader", say, destroys: [], effects }];
}

/** What the edits make necessary in the restored system's files. `before` is the layout that was saved. Pure. */
export function editedActions(before: Layout, after: Layout, root: string): Action[] {
  return [
    ...fstabAction(before, after, root),
    ...crypttabAction(before, after, root),
    ...raidAction(before, after, root),
    ...lineAction(before, after, root),
  ];
}

/** Kernel modules that it takes to mount the root as it is laid out. */
function rootModules(layout: Layout): string[] {
  const root = rootOf(layout);
  if (!root) return [];
  const layers = nodesBelow(layout, root.id).flatMap((node) => {
    if (node.kind === "raid") return [raidModule(node.level)];
    if (node.kind === "luks") return ["dm_mod", "dm_crypt"];
    return node.kind === "logical-volume" ? ["dm_mod"] : [];
  });
  return [...new Set([/^ext[23]$/.test(root.type) ? "ext4" : root.type, ...layers])].sort();
}

/** Those that an initial RAM disk of the system as it was need not have had. */
export function newRootModules(before: Layout, after: Layout): string[] {
  const had = new Set(rootModules(before));
  return rootModules(after).filter((name) => !had.has(name));
}

/** Whether physical volumes lie elsewhere than they were saved: LVM's list of devices leads to the wrong ones. */
export function movesPhysicalVolumes(before: Layout, after: Layout): boolean {
  const members = (layout: Layout) =>
    nodesOf(layout, "volume-group").flatMap((group) => group.members.map(({ on, uuid }) => `${uuid} ${on}`));
  const had = new Set(members(before));
  return members(after).some((member) => !had.has(member));
}

/** Whether what an initial RAM disk knows of the root is another now. */
export function changesRoot(before: Layout, after: Layout): boolean {
  const { words, names } = lineChanges(before, after);
  const arrays = (layout: Layout) => JSON.stringify(nodesOf(layout, "raid").map(({ uuid }) => uuid));
  return (
    Object.keys(words).length + Object.keys(names).length + newRootModules(before, after).length > 0 ||
    arrays(before) !== arrays(after) ||
    nodesOf(before, "luks").length !== nodesOf(after, "luks").length
  );
}
