import { msg } from "../../base/message.ts";
import type { Action, Effect } from "../../effects/effect.ts";
import { crypttabEntryOf, keyFileOf } from "../../layout/key-file-of.ts";
import type { Crypttab, Layout, Luks } from "../../layout/types.ts";
import type { VolumeRestore } from "../volume-contract.ts";
import { luksSecret, pbkdfWords } from "./luks-make.ts";

type CrypttabEntry = Crypttab["entries"][number];

const UNLOCK_MS = 600_000;

/** Options of cryptsetup for the part of a key file that crypttab names. */
function partWords(entry: CrypttabEntry | undefined, prefix: "" | "new-"): string[] {
  return (entry?.options ?? []).flatMap((option) => {
    const [, what, count] = /^keyfile-(offset|size)=(\d+)$/.exec(option) ?? [];
    return what === undefined ? [] : [`--${prefix}keyfile-${what}=${count}`];
  });
}

function addKeyFile(layout: Layout, luks: Luks, device: string, root: string, path: string): Action {
  const entry = crypttabEntryOf(layout, luks);
  const file = `${root}${path}`;
  const slot = luks.slots[1] ?? luks.slots[0];
  const own = slot ? pbkdfWords(slot.pbkdf) : [];
  const add = ["luksAddKey", "--batch-mode", "--key-file=-", ...own, ...partWords(entry, "new-"), device, file];
  const test = ["open", "--test-passphrase", "--type=luks", ...partWords(entry, ""), `--key-file=${file}`, device];
  const common = { do: "run", timeoutMs: UNLOCK_MS, optional: true } as const;
  const effects: Effect[] = [
    { ...common, argv: ["cryptsetup", ...add], writes: [device], reads: [file], secret: luksSecret(luks) },
    { ...common, argv: ["cryptsetup", ...test], writes: [], reads: [device, file] },
  ];
  const say = msg`Let the key file ${path} open ${luks.path} again`;
  return { id: `key-file:${luks.id}`, node: luks.id, say, destroys: [], effects };
}

/** Adds the key files of crypttab to volumes with a new key, so that the system starts unattended as before. */
export function keyFileActions(volumes: readonly Luks[], { layout, devices, root }: VolumeRestore): Action[] {
  return volumes.flatMap((luks) => {
    const path = keyFileOf(layout, luks);
    const device = devices[luks.on];
    if (luks.header !== undefined || path === undefined || device === undefined) return [];
    return [addKeyFile(layout, luks, device, root, path)];
  });
}

/** Warnings about keys that open a volume now and won't after the restore. */
export function lostKeys(luks: Luks, layout: Layout): string[] {
  if (luks.header !== undefined) return [];
  const file = keyFileOf(layout, luks);
  const kept = file === undefined ? 1 : 2;
  const lost = [
    ...(luks.slots.length > kept ? [msg`${luks.slots.length - kept} of ${luks.slots.length} key slots`] : []),
    ...(luks.tokens.length > 0 ? [msg`what ${luks.tokens.join(msg` and `)} unlocked`] : []),
  ];
  if (lost.length === 0) return [];
  const keys = file === undefined ? msg`the pass phrase that is given now` : msg`the pass phrase given now and ${file}`;
  return [msg`${luks.path} gets a new key, which only ${keys} will open: ${lost.join(msg` and `)} will be gone`];
}
