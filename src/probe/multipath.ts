import type { DeviceFacts, StorageFacts } from "./facts.ts";

const isMultipath = (device: DeviceFacts) => device.dmUuid?.startsWith("mpath-") ?? false;

/** Number of a partition that kpartx made of a multipath device. Source: multipath-tools kpartx/kpartx.c, "part%d-". */
function partitionNumber({ dmUuid = "" }: DeviceFacts): number | undefined {
  const match = /^part(\d+)-mpath-/.exec(dmUuid);
  return match ? Number(match[1]) : undefined;
}

/** One disk with all that its paths are known by: each of them shows the same WWN and serial number. */
function wholeOf(device: DeviceFacts, paths: readonly DeviceFacts[], holders: readonly string[]): DeviceFacts {
  const [first] = paths;
  const { model, serial, wwn, transport } = first ?? device;
  return {
    ...device,
    ...(model === undefined ? {} : { model }),
    ...(serial === undefined ? {} : { serial }),
    ...(wwn === undefined ? {} : { wwn }),
    ...(transport === undefined ? {} : { transport }),
    path: device.dmName === undefined ? device.path : `/dev/mapper/${device.dmName}`,
    rotational: paths.some((path) => path.rotational),
    removable: false,
    drivers: [...new Set(paths.flatMap((path) => path.drivers))].sort(),
    holders,
    slaves: [],
  };
}

/**
 * The facts with each multipath device as the one disk that it is, without its paths, and without device mapper between
 * it and its partitions. Unchanged where there is no such device.
 */
export function foldMultipath<T extends StorageFacts>(facts: T): T {
  const wholes = facts.devices.filter(isMultipath);
  if (wholes.length === 0) return facts;
  const paths = new Set(wholes.flatMap((whole) => whole.slaves));
  const isPath = (device: DeviceFacts) =>
    paths.has(device.name) || (device.parent !== undefined && paths.has(device.parent));
  const partitions = new Map(
    facts.devices.flatMap((device): [string, DeviceFacts][] => {
      const number = partitionNumber(device);
      const whole = wholes.find(({ name }) => device.slaves.includes(name));
      if (number === undefined || !whole) return [];
      const path = `/dev/mapper/${device.dmName}`;
      const { dmUuid: _, ...plain } = device;
      return [[device.name, { ...plain, path, parent: whole.name, partition: number, slaves: [] }]];
    }),
  );
  const devices = facts.devices
    .filter((device) => !isPath(device))
    .map((device): DeviceFacts => {
      if (!isMultipath(device)) return partitions.get(device.name) ?? device;
      const own = facts.devices.filter(({ name }) => device.slaves.includes(name));
      return wholeOf(
        device,
        own,
        device.holders.filter((name) => !partitions.has(name)),
      );
    });
  return { ...facts, devices };
}

/**
 * Where nobody has joined them (in the rescue), the paths to one disk look like several that are all alike: the first
 * stands for it, the others only lead to it. By name, with what each leads to.
 */
export function furtherPaths(devices: readonly DeviceFacts[]): ReadonlyMap<string, string> {
  const first = new Map<string, DeviceFacts>();
  const further = new Map<string, string>();
  for (const device of devices) {
    const { parent, wwn, serial, transport, sizeBytes } = device;
    // Sticks and bridges of one make may all claim to be the same.
    if (parent !== undefined || !wwn?.startsWith("naa.") || transport === "usb" || sizeBytes === 0) continue;
    const key = `${wwn}\0${serial}\0${sizeBytes}`;
    const known = first.get(key);
    if (known) further.set(device.name, known.path);
    else first.set(key, device);
  }
  return further;
}
