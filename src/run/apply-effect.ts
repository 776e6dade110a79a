import type { EffectKind, EffectOf, PlacedImage } from "../effects/effect.ts";
import { closeChroot, unmountTree } from "./chroot.ts";
import { changeConfigLines } from "./config-lines.ts";
import { makeEfiEntry, orderEfiEntries } from "./efi-entry.ts";
import { changeFstabLines } from "./fstab-lines.ts";
import { changeFstabOptions } from "./fstab-options.ts";
import type { KeptDisks } from "./kept-disks.ts";
import { awaitDevice, rereadTable } from "./kernel-table.ts";
import { mountDevice } from "./mount-options.ts";
import { setRaidHabits } from "./raid-habits.ts";
import { releaseVolumes } from "./release.ts";
import { resolveBelow, resolveParentBelow } from "./resolve-below.ts";
import { renameDevicesInFile, replaceWordsInFile, rewriteFile } from "./rewrite-file.ts";
import { type CommandContext, runCommand } from "./run-command.ts";
import { fillFile } from "./swap-file.ts";
import { writeGptNames } from "./write-gpt-names.ts";
import { writeLabel } from "./write-label.ts";
import { wipeRanges, zeroStart } from "./write-zeros.ts";

/** What effects need besides the host. */
export interface EffectContext extends CommandContext {
  /** Disks that the plan leaves as they are. Default: none. */
  readonly kept?: KeptDisks;
  readonly unpack: (root: string, images: readonly PlacedImage[]) => Promise<void>;
}

type Appliers = {
  readonly [K in EffectKind]: (context: EffectContext, effect: EffectOf<K>) => void | Promise<void>;
};

/** Where a path of the restored system is on this machine. */
const at = ({ host, root }: CommandContext, path: string) => resolveBelow(host, root, path);

async function unmount(context: EffectContext, { path }: EffectOf<"unmount">): Promise<void> {
  const { host, root } = context;
  if (path === root) await closeChroot(host, root);
  await unmountTree(host, at(context, path));
}

function setAside({ host, root }: EffectContext, { path, to }: EffectOf<"setAside">): void {
  const from = resolveParentBelow(host, root, path);
  if (host.lstat(from)) host.rename(from, resolveParentBelow(host, root, to));
}

function keep({ kept, log }: EffectContext, { path }: EffectOf<"keep">): void {
  if (kept?.close(path) !== true) log(`${path} can't be closed to writes; no step of the plan writes to it`);
}

/** One function for each kind; one that has none doesn't compile. */
const appliers: Appliers = {
  run: runCommand,
  wipe: ({ host }, { path, ranges }) => wipeRanges(host, path, ranges),
  writeAt: (context, { path, offset, base64 }) => {
    const place = path.startsWith("/dev/") ? path : at(context, path);
    context.host.writeAt(place, offset, new Uint8Array(Buffer.from(base64, "base64")));
  },
  label: ({ host }, effect) => writeLabel(host, effect),
  gptNames: ({ host }, effect) => writeGptNames(host, effect),
  release: ({ host }, { path }) => releaseVolumes(host, path),
  raidHabits: ({ host }, effect) => setRaidHabits(host, effect),
  fill: (context, effect) => fillFile(context.host, { ...effect, path: at(context, effect.path) }),
  keep,
  mkdir: (context, { path, mode = 0o755 }) => context.host.makeDirectory(at(context, path), mode),
  write: (context, { path, text, mode = 0o644 }) => context.host.write(at(context, path), text, mode),
  mount: (context, effect) => mountDevice(context.host, { ...effect, path: at(context, effect.path) }),
  unmount,
  await: ({ host }, { path, sizeBytes, timeoutMs }) => awaitDevice(host, path, sizeBytes, timeoutMs),
  rereadTable: ({ host }, { path, partitions }) => rereadTable(host, path, partitions),
  setAside,
  renameDevices: (context, { path, names }) => renameDevicesInFile(context.host, at(context, path), names),
  replaceWords: (context, { path, words }) => replaceWordsInFile(context.host, at(context, path), words),
  fstabOptions: (context, { path, changes }) =>
    rewriteFile(context.host, at(context, path), (text) => changeFstabOptions(text, changes)),
  fstabLines: (context, { path, changes }) =>
    rewriteFile(context.host, at(context, path), (text) => changeFstabLines(text, changes)),
  configLines: (context, effect) => changeConfigLines(context.host, { ...effect, path: at(context, effect.path) }),
  efiEntry: ({ host }, effect) => makeEfiEntry(host, effect),
  efiOrder: ({ host }, { order }) => orderEfiEntries(host, order),
  zero: ({ host }, { path, sizeBytes }) => zeroStart(host, path, sizeBytes),
  unpack: ({ unpack }, { root, images = [] }) => unpack(root, images),
};

/** Carries out one effect. Failures are MondoErrors that name the device or tool. */
export async function applyEffect<K extends EffectKind>(context: EffectContext, effect: EffectOf<K>): Promise<void> {
  const apply: Appliers[K] = appliers[effect.do];
  await apply(context, effect);
}
