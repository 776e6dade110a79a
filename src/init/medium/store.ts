/** File systems of this machine's disks and sticks, in which sets lie as images or directories. */

import { openSet, requireComplete } from "../../archive/set/open-set.ts";
import { type StoredSet, searchSets } from "../../archive/set/search-sets.ts";
import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import { withLoopDevice } from "../../host/loop.ts";
import { Errno } from "../../host/syscalls.ts";
import { contentOfDevice } from "../../probe/describe-content.ts";
import { readDevices } from "../../probe/read-devices.ts";
import { carriersOf } from "../../restore/carriers.ts";
import { mountUntouched } from "../../restore/mount-untouched.ts";
import type { Rescue } from "../rescue.ts";
import { type Medium, mountIso, SET_DIRECTORY } from "./mounted-medium.ts";

/** Where the file system with the chosen set stays mounted. */
export const STORE_PLACE = "/mnt/store";
const LOOK_PLACE = "/run/mondo/look";

/** A device with a file system that Linux mounts. */
export interface Store {
  /** `/dev/sdb1`, `/dev/dm-0`. */
  readonly path: string;
  /** For people: `sdb1`, `vg0-backup`. */
  readonly name: string;
  readonly type: string;
  readonly uuid: string | undefined;
  readonly label: string | undefined;
  readonly sizeBytes: number;
}

/** A set in a file system. */
export interface StoreSet {
  readonly store: Store;
  readonly set: StoredSet;
  /** Where it lies in its file system: `/web1/mondorescue/2026-11-30T08-15-00`. */
  readonly place: string;
}

/** Devices that hold a file system of their own; what is a member of an array or a group is none. */
export async function listStores(host: Host): Promise<Store[]> {
  const facts = await readDevices(host);
  return facts.devices.flatMap((device) => {
    if (device.holders.length > 0 || device.sizeBytes === 0) return [];
    const content = contentOfDevice(facts, device);
    if (content.kind !== "filesystem") return [];
    const { uuid, label } = content.facts;
    return [
      {
        ...{ path: `/dev/${device.name}`, name: device.dmName ?? device.name, type: content.type },
        ...{ uuid, label, sizeBytes: device.sizeBytes },
      },
    ];
  });
}

/**
 * Mounts it so that nothing is written, not even its journal played back: the disk may be the one that a person wants
 * to keep as it is. Throws what mount(2) says.
 */
async function mountStore({ host, modules }: Pick<Rescue, "host" | "modules">, store: Store, target: string) {
  await modules.require(store.type).catch(() => {});
  host.makeDirectory(target);
  // Sets may lie in any subvolume.
  const data = store.type === "btrfs" ? "subvolid=5" : undefined;
  mountUntouched(host, { source: store.path, target, type: store.type, data, isForeign: true });
}

function release(host: Host, target: string): void {
  try {
    host.unmount(target);
  } catch {
    host.unmount(target, { lazy: true });
  }
}

/** Why a file system can't be looked into, for people. */
export function unreadBecause({ name, type }: Pick<Store, "name" | "type">, error: unknown): string {
  const isUnknown = error instanceof MondoError && error.data.errno === Errno.ENODEV;
  const because = isUnknown ? msg`the kernel of this rescue system lacks the module ${type}` : messageOf(error);
  return msg`${name} (${type}) can't be looked into: ${because}`;
}

/** The sets in a file system, found without writing to it; `below`: only there. Throws when it can't be mounted. */
export async function setsOn(rescue: Pick<Rescue, "host" | "modules">, store: Store, below = ""): Promise<StoreSet[]> {
  const { host } = rescue;
  await mountStore(rescue, store, LOOK_PLACE);
  try {
    const top = `${LOOK_PLACE}${below}`;
    const found = host.exists(top) ? searchSets(host, top) : [];
    return found.map((set) => ({
      store,
      set,
      place: set.path.slice(LOOK_PLACE.length).replace(/\/mondo$/, "") || "/",
    }));
  } finally {
    release(host, LOOK_PLACE);
  }
}

const isMounted = (host: Host, target: string) =>
  (host.tryReadText("/proc/self/mountinfo") ?? "").includes(` ${target} `);

/** Makes a set that was found the medium: its file system stays mounted, and its devices are never written to. */
export async function openStoreSet(rescue: Rescue, { store, set, place }: StoreSet): Promise<Medium> {
  const { host, modules } = rescue;
  if (isMounted(host, STORE_PLACE)) release(host, STORE_PLACE);
  await mountStore(rescue, store, STORE_PLACE);
  const path = `${STORE_PLACE}${set.path.slice(LOOK_PLACE.length)}`;
  const opened = openSet(host, path);
  const above = `${STORE_PLACE}${place}`.replace(/\/[^/]*$/, "");
  const about = {
    ...{ name: `${store.name}:${place}`, drive: undefined, manifest: opened.manifest },
    ...{ carriers: carriersOf(host, STORE_PLACE), reopen: () => openSet(host, path) },
    beside: above.length < STORE_PLACE.length ? STORE_PLACE : above,
  };
  if (set.form === "directory") return { ...about, setDirectory: path };
  requireComplete(opened);
  for (const module of ["loop", "isofs"]) await modules.require(module);
  withLoopDevice(path, (device) => mountIso(host, device));
  return { ...about, setDirectory: SET_DIRECTORY };
}
