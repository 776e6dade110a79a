import { stored } from "../../base/message.ts";
import { parseFstab, parseMountinfo, parseSwaps } from "../../formats/fs/mount-tables.ts";
import { type Layout, type LayoutNode, nodeById, nodesOf, type Unsaved } from "../../layout/types.ts";
import { describeMachine } from "../describe-volumes.ts";
import type { DeviceFacts, Facts } from "../facts.ts";
import { usesOf } from "../uses.ts";
import type { Accounting } from "./account-mounts.ts";
import { isChosen } from "./account-mounts.ts";
import { classOfType } from "./mount-class.ts";
import { lowerPath } from "./set-path.ts";
import { type WantedMount, wantedMounts } from "./wanted-mounts.ts";

const BY_TAG = /^\/dev\/disk\/by-(uuid|label|partuuid|partlabel)\/(.+)$/;

/** A name of udev's links, which have odd bytes as `\x20`. */
function withoutEscapes(name: string): string {
  const bytes = Buffer.from(name).toString("latin1");
  const plain = bytes.replace(/\\x([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(plain, "latin1").toString();
}

/** A tag as blkid and mount(8) read it: quoted or not, or as udev's link; UUIDs in any case. */
function plainSpec(spec: string): string {
  const link = BY_TAG.exec(spec);
  const match = /^([A-Z]+)=(["']?)(.*)\2$/i.exec(spec);
  if (!match && !link) return spec;
  const [tag = "", value = ""] = link ? [link[1], withoutEscapes(link[2] ?? "")] : [match?.[1], match?.[3]];
  return `${tag.toUpperCase()}=${/UUID$/i.test(tag) ? value.toLowerCase() : value}`;
}

/** The names by which fstab may call each device; copies of a file system share theirs. */
function namesOf(facts: Facts): Map<string, DeviceFacts[]> {
  const { nodes, devices } = describeMachine(facts);
  const names = new Map<string, DeviceFacts[]>();
  const add = (name: string | undefined, device: DeviceFacts | undefined) => {
    if (name !== undefined && device) names.set(name, [...(names.get(name) ?? []), device]);
  };
  const addTag = (tag: string, value: string | undefined, device: DeviceFacts | undefined) =>
    add(value === undefined ? undefined : plainSpec(`${tag}=${value}`), device);
  for (const device of facts.devices) {
    for (const name of [device.path, `/dev/${device.name}`, ...(device.links ?? [])]) add(name, device);
    if (device.dmName !== undefined) add(`/dev/mapper/${device.dmName}`, device);
  }
  for (const node of nodes) {
    if (node.kind === "partition") {
      addTag("PARTUUID", node.uuid, devices.get(node.id));
      addTag("PARTLABEL", node.name, devices.get(node.id));
    }
    if (node.kind === "filesystem" || node.kind === "swap") {
      addTag("UUID", node.uuid, devices.get(node.on));
      addTag("LABEL", node.label, devices.get(node.on));
    }
    if ("path" in node) add(node.path, devices.get(node.id));
  }
  return names;
}

const OPTICAL = /^\/dev\/(?:sr|scd|cdrom|dvd|cdrw|fd|floppy)/;

/** Whether an entry, when mounted, would show data of this machine that nothing else shows. */
function holdsData({ spec, type, options }: WantedMount): boolean {
  if (options.some((word) => word === "bind" || word === "rbind") || OPTICAL.test(spec)) return false;
  if (/^[^/]+:|^\/\//.test(spec) && !/^[A-Z]+=/.test(spec)) return false;
  // A file that is mounted as a disk is saved as a file; what is named so is passed over by mount(8).
  if (/^\/(?!dev\/)/.test(spec) || type === "ignore") return false;
  const types = type.split(",");
  return type === "auto" || types.some((one) => one === "zfs" || classOfType(one) === "local");
}

function whyOf({ by, options }: WantedMount, isThere: boolean): string {
  if (!isThere) return stored`${by} names it, but its device is not in the machine now`;
  const idle = options.some((word) => word.startsWith("x-systemd.automount"));
  return stored`${by} names it, but it is not mounted now${idle ? stored` (it is at its first use)` : ""}`;
}

function standingOf({ options }: WantedMount, isThere: boolean): Unsaved["standing"] {
  const idle = options.includes("noauto") && !options.some((word) => word.startsWith("x-systemd.automount"));
  if (idle) return "idle";
  return isThere || !options.includes("nofail") ? "lost" : "elsewhere";
}

/** Whether something else is mounted where an entry wants a device of this machine. */
function isSupplanted(
  facts: Facts,
  root: string,
  { spec, path }: WantedMount,
  names: ReturnType<typeof namesOf>,
): boolean {
  const wanted = names.get(plainSpec(spec)) ?? [];
  const there = usesOf(facts, root).flatMap(({ device, mount }) => (mount?.path === path ? [device] : []));
  return path !== "/" && wanted.length > 0 && !wanted.some((device) => there.includes(device));
}

/** Whether each device that may be meant is saved as a whole: it is mounted at another place than fstab says. */
function isShownElsewhere(layout: Layout, devices: readonly DeviceFacts[]): boolean {
  const shown = nodesOf(layout, "mount").flatMap((mount) => {
    const of = nodeById(layout, mount.of);
    if (of?.kind !== "filesystem" || of.type === "btrfs" || mount.root !== "/") return [];
    const holder = nodeById(layout, of.on);
    return holder && "path" in holder ? [holder.path] : [];
  });
  return devices.length > 0 && devices.every(({ path }) => shown.includes(path));
}

function unmounted(entry: WantedMount, names: ReturnType<typeof namesOf>): Unsaved {
  const [device] = names.get(plainSpec(entry.spec)) ?? [];
  return {
    kind: "unsaved",
    id: `unsaved:wanted:${entry.path}`,
    path: entry.path,
    what: device ? stored`${entry.type} on ${device.path}, ${entry.spec}` : stored`${entry.type} on ${entry.spec}`,
    why: whyOf(entry, device !== undefined),
    standing: standingOf(entry, device !== undefined),
    ...(device ? { sizeBytes: device.sizeBytes } : {}),
  };
}

/** What fstab and systemd's units mount, but isn't mounted now: a backup lacks it, though the machine has it. */
export function accountUnmounted({ facts, layout, root, chosen }: Accounting): LayoutNode[] {
  const seen = parseMountinfo(facts.mountinfo).filter(({ type }) => type !== "autofs");
  const mounted = new Set(seen.flatMap(({ path }) => lowerPath(root, path) ?? []));
  const wanted = wantedMounts(facts).filter((entry) => isChosen(chosen, entry.path) && holdsData(entry));
  if (wanted.length === 0) return [];
  const names = namesOf(facts);
  const missing = wanted.filter((entry) => !mounted.has(entry.path) || isSupplanted(facts, root, entry, names));
  const missed = missing.filter((entry) => !isShownElsewhere(layout, names.get(plainSpec(entry.spec)) ?? []));
  const first = missed.filter((entry, at) => missed.findIndex(({ path }) => path === entry.path) === at);
  return first.map((entry) => unmounted(entry, names));
}

/** Swap that is in use, but that a restore does not make again. It holds no data. */
export function accountSwaps({ facts, layout, root }: Accounting): LayoutNode[] {
  if (root !== "/") return [];
  const files = new Set(nodesOf(layout, "swap-file").map(({ path }) => path));
  const known = new Set(facts.devices.flatMap(({ path, name }) => [path, `/dev/${name}`]));
  const listed = new Set(parseFstab(facts.fstab).flatMap(({ spec, type }) => (type === "swap" ? [spec] : [])));
  return parseSwaps(facts.swaps).flatMap(({ path }): LayoutNode[] => {
    const isOther = files.has(path) || known.has(path) || /^\/dev\/(?:zram|mapper\/|dm-)/.test(path);
    if (isOther) return [];
    const by = listed.has(path) ? stored`, though /etc/fstab names it` : "";
    return [
      {
        kind: "note",
        id: `note:swap:${path}`,
        text: stored`${path} is in use as swap: a restore does not make it again${by}`,
      },
    ];
  });
}
