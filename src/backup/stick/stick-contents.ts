/** What is on a stick that its menu offers: machines with sets, and rescue systems alone. */

import { dateText } from "../../archive/set/chain.ts";
import { datedSetsBelow, directoryNameOf, setDirectoryOf } from "../../archive/set/dated-sets.ts";
import type { Manifest } from "../../archive/set/manifest.ts";
import { readManifest } from "../../archive/set/read-manifest.ts";
import { MondoError } from "../../base/errors.ts";
import type { StickMachine, StickRescue } from "../../drivers/media/stick-menu.ts";
import type { Host } from "../../host/host.ts";

/** Below a stick's file system: a directory for each rescue system that belongs to no set. */
const RESCUES = "/boot/rescue";

/** Names in the menu need no quotes there. What was put there by hand may have others. */
const PLAIN_PATH = /^[\w./-]+$/;

/** Where the rescue system of a machine goes, below the stick's file system. */
export const rescueDirectory = (machine: string): string => `${RESCUES}/${directoryNameOf(machine)}`;

function manifestAt(host: Host, directory: string): Manifest | undefined {
  try {
    return readManifest(host, `${directory}/manifest.json`);
  } catch (error) {
    if (error instanceof MondoError) return undefined;
    throw error;
  }
}

/** Machines with sets that have a rescue system, the one with the newest set first; `place`: where it is mounted. */
export function machinesOn(host: Host, place: string): StickMachine[] {
  const found = new Map<string, StickMachine & { readonly created: number }>();
  for (const dated of datedSetsBelow(host, place)) {
    const manifest = manifestAt(host, setDirectoryOf(dated));
    if (!manifest || !host.exists(`${dated.directory}/boot/vmlinuz`)) continue;
    const { set, created, options } = manifest;
    const name = manifest.host.name;
    if ((found.get(name)?.created ?? -1) >= created) continue;
    const directory = dated.directory.slice(place.length);
    if (!PLAIN_PATH.test(directory)) continue;
    const { restoreByDefault, words = [] } = options;
    found.set(name, { ...{ name, date: dateText(created), set, directory }, ...{ restoreByDefault, words, created } });
  }
  return [...found.values()].sort((a, b) => b.created - a.created);
}

/** Rescue systems that belong to no set, by name; `place`: where the stick is mounted. */
export function rescuesOn(host: Host, place: string): StickRescue[] {
  const top = `${place}${RESCUES}`;
  if (host.lstat(top)?.kind !== "directory") return [];
  const isWhole = (name: string) => ["vmlinuz", "initrd.img"].every((file) => host.exists(`${top}/${name}/${file}`));
  const names = host.list(top).filter((name) => PLAIN_PATH.test(name) && isWhole(name));
  return names.sort().map((name) => ({ name, directory: `${RESCUES}/${name}` }));
}
