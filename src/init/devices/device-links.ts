import { messageOf } from "../../base/errors.ts";
import type { Host } from "../../host/host.ts";
import { selfCommand } from "../../host/self.ts";
import { type Layout, nodeById } from "../../layout/types.ts";
import { describeMachine } from "../../probe/describe-volumes.ts";
import type { DeviceFacts, StorageFacts } from "../../probe/facts.ts";
import { readDevices } from "../../probe/read-devices.ts";
import { type DevicePlace, encodeName, idTags, pathTag } from "./link-names.ts";

const TOP = "/dev/disk";
const DIRECTORIES = ["by-id", "by-path", "by-uuid", "by-label", "by-partuuid", "by-partlabel"] as const;
const BLOCK = "/sys/class/block";

const textAt = (host: Host, path: string): string => (host.tryReadText(path) ?? "").trim();

/** The directory of the USB device above a path; `undefined` when there is none. */
function usbAbove(path: string): string | undefined {
  return /^(.*\/usb\d+(?:\/\d+-[\d.]+)*\/\d+-[\d.]+)\/\d+-[\d.]+:\d+\.\d+\//.exec(path)?.[1];
}

/** Where a disk is, as sysfs has it. */
export function placeOf(host: Host, name: string): DevicePlace {
  const path = host.realPath(`${BLOCK}/${name}`) ?? "";
  const ata = /\/(ata\d+)\//.exec(path)?.[1];
  const port = ata === undefined ? "" : textAt(host, `/sys/class/ata_port/${ata}/port_no`);
  const controller = /^(.*)\/host\d+\//.exec(path)?.[1];
  const hosts =
    controller === undefined ? [] : host.list(controller).flatMap((entry) => /^host(\d+)$/.exec(entry)?.[1] ?? []);
  const usb = usbAbove(path);
  const device = `${BLOCK}/${name}/device`;
  return {
    path,
    ...(port === "" ? {} : { ataPort: port }),
    ...(hosts.length === 0 ? {} : { firstHost: Math.min(...hosts.map(Number)) }),
    ...(usb === undefined
      ? {}
      : {
          usb: {
            vendor: textAt(host, `${device}/vendor`),
            model: textAt(host, `${device}/model`),
            serial: textAt(host, `${usb}/serial`),
          },
        }),
  };
}

/** Names by what lies on a device. */
function contentNames(layout: Layout): [name: string, device: string][] {
  const pathOf = (id: string) => {
    const node = nodeById(layout, id);
    return node && "path" in node ? node.path : undefined;
  };
  return layout.nodes.flatMap((node): [string, string][] => {
    if (node.kind === "partition") {
      const label = node.name === undefined || node.name === "" ? [] : [`by-partlabel/${encodeName(node.name)}`];
      return [`by-partuuid/${node.uuid.toLowerCase()}`, ...label].map((name) => [name, node.path]);
    }
    if (node.kind !== "filesystem" && node.kind !== "swap") return [];
    const device = pathOf(node.on);
    const names = [
      ...(node.uuid ? [`by-uuid/${encodeName(node.uuid)}`] : []),
      ...(node.label ? [`by-label/${encodeName(node.label)}`] : []),
    ];
    return device === undefined ? [] : names.map((name) => [name, device]);
  });
}

/** Names by who a disk is and where it is plugged in; its partitions have the same with their number. */
function deviceNames(host: Host, devices: readonly DeviceFacts[]): [name: string, device: string][] {
  return devices.flatMap((disk): [string, string][] => {
    if (disk.parent !== undefined || disk.sizeBytes === 0) return [];
    const place = placeOf(host, disk.name);
    const path = pathTag(place);
    const tags = [
      ...idTags(disk, place).map((tag) => `by-id/${tag}`),
      ...(path === undefined ? [] : [`by-path/${path}`]),
    ];
    const parts = devices.filter(({ parent }) => parent === disk.name);
    return tags.flatMap((tag): [string, string][] => [
      [tag, disk.path],
      ...parts.map((part): [string, string] => [`${tag}-part${part.partition}`, part.path]),
    ]);
  });
}

/** The links that belong below /dev/disk, and what each names. Of two devices with one name (a copy of a disk) the first has it. */
export function wantedLinks(host: Host, facts: StorageFacts): ReadonlyMap<string, string> {
  const layout: Layout = { version: 1, nodes: describeMachine(facts).nodes };
  const all = [...contentNames(layout), ...deviceNames(host, facts.devices)];
  return new Map(all.reverse());
}

/** First word of this program when it is started as the child that makes the links. */
export const DEVICE_LINKS_TASK = "device-links-task";

/** Makes /dev/disk say what is there now, as udev would. Reads every device: one that hangs keeps it, so it is a child's work. */
export async function makeDeviceLinks(host: Host): Promise<void> {
  const wanted = wantedLinks(host, await readDevices(host));
  for (const directory of DIRECTORIES) {
    const at = `${TOP}/${directory}`;
    host.makeDirectory(at);
    for (const name of host.list(at)) if (!wanted.has(`${directory}/${name}`)) host.remove(`${at}/${name}`);
  }
  for (const [name, device] of wanted) {
    const [path, target] = [`${TOP}/${name}`, `../..${device.slice("/dev".length)}`];
    if (host.readLink(path) === target) continue;
    host.remove(path);
    host.symlink(target, path);
  }
}

/** Nobody waits longer for a device that does not answer. */
const PATIENCE_MS = 10_000;
const LIMIT_MS = 120_000;

/** Makes the links true, for whoever works in the shell, and for tools; waits for that as long as it is worth it. Never fails. */
export async function refreshDeviceLinks(host: Host, log: (text: string) => void): Promise<void> {
  const work = host
    .run({ argv: selfCommand([DEVICE_LINKS_TASK]), timeoutMs: LIMIT_MS })
    .then(() => {})
    .catch((error: unknown) => log(`the links in /dev/disk may be old: ${messageOf(error)}`));
  await Promise.race([work, host.sleep(PATIENCE_MS)]);
}

const LOOK_EVERY_MS = 1000;

/** Keeps the links true to the devices that come and go until it is stopped. */
export function watchDeviceLinks(host: Host, log: (text: string) => void): () => void {
  let stopped = false;
  const state = () =>
    host
      .list(BLOCK)
      .map((name) => `${name} ${textAt(host, `${BLOCK}/${name}/size`)}`)
      .join();
  let known = state();
  const run = async () => {
    while (!stopped) {
      await host.sleep(LOOK_EVERY_MS);
      const now = state();
      if (now !== known) await refreshDeviceLinks(host, log);
      known = now;
    }
  };
  void run();
  return () => {
    stopped = true;
  };
}
