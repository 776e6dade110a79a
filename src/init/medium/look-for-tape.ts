import { openSet } from "../../archive/set/open-set.ts";
import { readManifest } from "../../archive/set/read-manifest.ts";
import { withTapeDrive } from "../../archive/tape/read-tape.ts";
import { describeSetOnTape, type SetOnTape, setsOnTape } from "../../archive/tape/sets-on-tape.ts";
import { listTapeDrives } from "../../archive/tape/tape-devices.ts";
import { messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { unmountAt } from "../../shares/unmount-share.ts";
import { attachTape } from "../../tapes/attach-tape.ts";
import { choose } from "../../ui/choose.ts";
import type { Rescue } from "../rescue.ts";
import type { Medium } from "./mounted-medium.ts";

/** Where the set on a tape is mounted, and where its catalog is put, in RAM. */
const TAPE_TARGET = "/mnt/tape";
const TAPE_DIRECTORY = "/run/mondo/tape";

/** A set that a boot word names is meant; only a person who said nothing is asked. Pure. */
export const mayAskWhich = ({ options, takesAnySet }: Pick<Rescue, "options" | "takesAnySet">): boolean =>
  takesAnySet || (options.mode === "interactive" && options.set === undefined && options.answers === undefined);

/** The set that a person chooses of those on a tape; undefined: none of them. */
async function ask(
  { ask }: Rescue,
  sets: readonly SetOnTape[],
  own: SetOnTape | undefined,
): Promise<string | undefined> {
  const choices = [
    ...sets.map(({ head }) => ({ key: head.set, label: describeSetOnTape(head) })),
    { key: "none", label: msg`None of them` },
  ];
  const chosen = await choose(ask, msg`Which backup on the tape?`, choices, (own ?? sets.at(-1))?.head.set);
  return chosen === "none" ? undefined : chosen;
}

/** Why an empty drive is not the medium: it is looked at again. */
const NO_TAPE = msg`no tape is in it`;

/** The set on the tape in a drive that is to be used, or why there is none. */
async function setIn(rescue: Rescue, device: string, wanted: string | undefined): Promise<{ id: string } | string> {
  const { host, reporter, options } = rescue;
  return withTapeDrive(host, device, options, reporter, undefined, async (drive) => {
    if (!(await drive.open("read")).isOnline) return NO_TAPE;
    const label = await drive.label();
    if (label.kind === "blank") return msg`its tape is empty`;
    if (label.kind === "foreign") return msg`its tape holds no backup made by mondo`;
    reporter.step(msg`Looking for backups on the tape in ${device}`);
    const sets = await setsOnTape(drive);
    const own = sets.find(({ head }) => head.set.toLowerCase() === wanted);
    const [newest] = sets.slice(-1);
    const isPlain = sets.length === 1 && (own !== undefined || wanted === undefined);
    if (mayAskWhich(rescue) && !isPlain) {
      const id = await ask(rescue, sets, own);
      return id === undefined ? msg`none of its backups was wanted` : { id };
    }
    const meant = own ?? (wanted === undefined ? newest : undefined);
    if (meant) return { id: meant.head.set };
    return msg`it holds others: ${sets.map(({ head }) => `${describeSetOnTape(head)} (${head.set})`).join("; ")}`;
  });
}

async function attach(rescue: Rescue, device: string, set: string): Promise<Medium> {
  const { host, modules, reporter, options } = rescue;
  unmountAt(host, TAPE_TARGET);
  host.remove(TAPE_DIRECTORY);
  host.makeDirectory(TAPE_DIRECTORY, 0o700);
  await modules.require("fuse");
  const place = { device, target: TAPE_TARGET, directory: TAPE_DIRECTORY, eject: options.eject, set };
  await attachTape(host, place, reporter);
  const manifest = readManifest(host, `${TAPE_TARGET}/manifest.json`);
  const reopen = () => openSet(host, TAPE_TARGET);
  const about = { on: "tape", name: device, drive: undefined, carriers: [] } as const;
  return { ...about, setDirectory: TAPE_TARGET, manifest, reopen };
}

/**
 * Looks at the tape in each drive once (Mondo's HandleTape), or in the one that a boot word names, and mounts the set
 * on it that is wanted; a person chooses among several. `known`: drives that were looked at, with why they are not the
 * medium; an empty one is looked at again.
 */
export async function lookForTape(
  rescue: Rescue,
  wanted: string | undefined,
  known: Map<string, string>,
): Promise<Medium | undefined> {
  const named = rescue.network.wishes.tape?.device;
  for (const device of listTapeDrives(rescue.host)) {
    if (named !== undefined && device !== named) continue;
    const before = known.get(device);
    if (before !== undefined && before !== NO_TAPE) continue;
    try {
      const found = await setIn(rescue, device, wanted);
      if (typeof found !== "string") return await attach(rescue, device, found.id);
      known.set(device, found);
    } catch (error) {
      known.set(device, messageOf(error));
    }
  }
  return undefined;
}
