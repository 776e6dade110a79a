import { MondoError } from "../base/errors.ts";
import type { Secrets } from "../base/secret.ts";
import { MIB } from "../base/units.ts";
import type { Effect, PlacedImage } from "../effects/effect.ts";
import { refitGrubEnvironment } from "../formats/boot/grub-environment.ts";
import type { Host } from "../host/host.ts";
import { type MountFlag, setSwap } from "../host/syscalls.ts";
import { zeroOut } from "../host/zero-out.ts";
import { renameDevicesIn } from "../layout/device-names.ts";
import { closeChroot, openChroot, unmountTree } from "./chroot.ts";
import { makeEfiEntry, orderEfiEntries } from "./efi-entry.ts";
import { changeFstabOptions } from "./fstab-options.ts";
import { awaitDevice, rereadTable } from "./kernel-table.ts";
import { setRaidHabits } from "./raid-habits.ts";
import { releaseVolumes } from "./release.ts";
import { fillFile } from "./swap-file.ts";

/** What effects need besides the host. */
export interface EffectContext {
  readonly host: Host;
  /** Root of the restored system. */
  readonly root: string;
  readonly unpack: (root: string, images: readonly PlacedImage[]) => Promise<void>;
  readonly log: (text: string) => void;
  /** What opens encrypted volumes. */
  readonly secrets?: Secrets;
}

const FLAG_WORDS: Readonly<Record<string, keyof typeof MountFlag>> = {
  ro: "readOnly",
  nosuid: "noSuid",
  nodev: "noDev",
  noexec: "noExec",
  sync: "synchronous",
  noatime: "noAtime",
};

/** `noatime,nouuid` → flags of mount(2) and the rest, which is the file system's own. */
export function splitMountOptions(options: string): { flags: (keyof typeof MountFlag)[]; data: string } {
  const words = options.split(",").filter((word) => word !== "" && word !== "rw" && word !== "defaults");
  const flags = words.flatMap((word) => FLAG_WORDS[word] ?? []);
  return { flags, data: words.filter((word) => FLAG_WORDS[word] === undefined).join(",") };
}

const ZEROS = new Uint8Array(1024 * 1024);

function wipe(host: Host, path: string, ranges: readonly (readonly [number, number])[]): void {
  for (const [offset, length] of ranges) {
    for (let done = 0; done < length; done += ZEROS.byteLength) {
      host.writeAt(path, offset + done, ZEROS.subarray(0, Math.min(ZEROS.byteLength, length - done)));
    }
  }
}

const ZERO_STEP = 64 * MIB;

/** Disks that can do it by themselves need no bytes; in steps, so that others get a turn. */
async function zero(host: Host, path: string, sizeBytes: number): Promise<void> {
  for (let at = 0; at < sizeBytes; at += ZERO_STEP) {
    const length = Math.min(ZERO_STEP, sizeBytes - at);
    if (!zeroOut(path, at, length)) wipe(host, path, [[at, length]]);
    await host.sleep(0);
  }
}

/** What a tool reads from its standard input. */
function inputOf(context: EffectContext, effect: Extract<Effect, { do: "run" }>): string | Uint8Array | undefined {
  if (effect.secret === undefined) return effect.input;
  const secret = context.secrets?.get(effect.secret);
  if (!secret) throw new MondoError("bug", `nobody gave the secret ${effect.secret}`);
  return secret.reveal();
}

async function runTool(context: EffectContext, effect: Extract<Effect, { do: "run" }>): Promise<void> {
  const { host, root, log } = context;
  if (effect.chroot) openChroot(host, root);
  log(`$ ${effect.chroot ? `chroot ${root} ` : ""}${effect.argv.join(" ")}`);
  const input = inputOf(context, effect);
  const result = await host.run({
    argv: effect.argv,
    ...(effect.chroot ? { chroot: root } : {}),
    ...(input === undefined ? {} : { input }),
    ...(effect.timeoutMs === undefined ? {} : { timeoutMs: effect.timeoutMs }),
    ...(effect.accept === undefined ? {} : { accept: effect.accept }),
  });
  for (const text of [result.stdout, result.stderr]) if (text.trim() !== "") log(text.trimEnd());
}

/** Replaces words that end at blanks, quotes, commas or the first equals sign before them: `rootflags=subvolid=257`. */
export function replaceWordsIn(text: string, words: Readonly<Record<string, string>>): string {
  return text.replace(/[^\s,"'=]+=[^\s,"'=]+(?![^\s,"'])/g, (word) => words[word] ?? word);
}

function rewrite(host: Host, path: string, change: (text: string) => string): void {
  const before = host.tryReadText(path);
  if (before === undefined) return;
  const after = change(before);
  if (after !== before) host.write(path, after, host.stat(path)?.mode ?? 0o644);
}

function mount(host: Host, effect: Extract<Effect, { do: "mount" }>): void {
  const { flags, data } = splitMountOptions(effect.options);
  const { source, path: target, type } = effect;
  host.mount({ source, target, type, flags, ...(data === "" ? {} : { data }) });
}

/** Carries out one effect. Failures are MondoErrors that name the device or tool. */
export async function applyEffect(context: EffectContext, effect: Effect): Promise<void> {
  const { host, root } = context;
  switch (effect.do) {
    case "run":
      return runTool(context, effect);
    case "wipe":
      return wipe(host, effect.path, effect.ranges);
    case "writeAt":
      return host.writeAt(effect.path, effect.offset, new Uint8Array(Buffer.from(effect.base64, "base64")));
    case "mkdir":
      return host.makeDirectory(effect.path, effect.mode ?? 0o755);
    case "write":
      return host.write(effect.path, effect.text, effect.mode ?? 0o644);
    case "mount":
      return mount(host, effect);
    case "unmount":
      if (effect.path === root) await closeChroot(host, root);
      return unmountTree(host, effect.path);
    case "fill":
      return fillFile(host, effect);
    case "raidHabits":
      return setRaidHabits(host, effect);
    case "release":
      return releaseVolumes(host, effect.path);
    case "await":
      return awaitDevice(host, effect.path, effect.sizeBytes, effect.timeoutMs);
    case "rereadTable":
      return rereadTable(host, effect.path, effect.partitions);
    case "swap":
      return setSwap(effect.path, effect.on);
    case "setAside":
      if (host.lstat(effect.path)) host.rename(effect.path, effect.to);
      return;
    case "renameDevices":
      return rewrite(host, effect.path, (text) => refitGrubEnvironment(text, renameDevicesIn(text, effect.names)));
    case "replaceWords":
      return rewrite(host, effect.path, (text) => refitGrubEnvironment(text, replaceWordsIn(text, effect.words)));
    case "fstabOptions":
      return rewrite(host, effect.path, (text) => changeFstabOptions(text, effect.changes));
    case "efiEntry":
      return makeEfiEntry(host, effect);
    case "efiOrder":
      return orderEfiEntries(host, effect.order);
    case "unpack":
      return context.unpack(effect.root, effect.images ?? []);
    case "zero":
      return zero(host, effect.path, effect.sizeBytes);
  }
}
