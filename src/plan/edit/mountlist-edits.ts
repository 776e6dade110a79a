import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { mountPath } from "../../base/mount-path.ts";
import { contentOf, isPartitionPath, volumeOn } from "../../layout/graph.ts";
import { mountlist } from "../../layout/mountlist.ts";
import { type Layout, type LayoutNode, nodesOf } from "../../layout/types.ts";
import type { Edit } from "./edit.ts";
import { isDevice } from "./find-node.ts";

/** A line of mountlist.txt. */
interface Line {
  readonly device: string;
  readonly place: string;
  readonly format: string;
  readonly size: string;
  readonly label: string;
  /** Counted from 1. */
  readonly number: number;
}

const MEMBERS = new Set(["raid", "lvm"]);
const MOST_LINES = 8192;

const hint = msg`Correct the file; mondo layout --mountlist writes one that is right. Nothing was written.`;
const bad = (place: string, { number, device }: Pick<Line, "number" | "device">, what: string, todo = hint) =>
  new MondoError("format", msg`${place}, line ${number}: ${device}: ${what}`, { hint: todo });

function linesOf(text: string, place: string): Line[] {
  const rows = text.split("\n");
  if (rows.length > MOST_LINES)
    throw new MondoError("format", msg`${place} has more than ${MOST_LINES} lines`, { hint });
  return rows.flatMap((row, at): Line[] => {
    const words = row.trim().split(/\s+/);
    if (row.trim() === "" || row.trim().startsWith("#")) return [];
    const [device = "", where = "", format = "", size = "", ...label] = words;
    const line = {
      device,
      place: where.replaceAll("\\040", " "),
      format,
      size,
      label: label.join(" "),
      number: at + 1,
    };
    if (!device.startsWith("/dev/"))
      throw bad(place, line, msg`it is no device: a line begins with one, such as /dev/sda1`);
    if (!/^(\d+|lvm)$/.test(size)) throw bad(place, line, msg`its size "${size}" is no number of KiB, and not lvm`);
    return [line];
  });
}

const isMountPoint = (place: string) => place.startsWith("/");

/** What is mounted where, and of which type, on a device that is there. */
function contentEdits(layout: Layout, node: LayoutNode, was: Line, now: Line, place: string): Edit[] {
  if (was.place === now.place && was.format === now.format) return [];
  if (MEMBERS.has(now.place) || MEMBERS.has(was.place) || now.place === "image" || was.place === "image") {
    const todo = msg`A mountlist doesn't say what it is a part of: use --set ${now.device}.raid=… or .lvm=… instead.`;
    throw bad(place, now, msg`it was ${was.place} ${was.format}, and is ${now.place} ${now.format} here`, todo);
  }
  const wantsFormat = was.format !== now.format && now.format !== "none";
  const mounted = isMountPoint(was.place) ? mountPath(was.place) : undefined;
  const wanted = isMountPoint(now.place) ? mountPath(now.place) : undefined;
  const content = contentOf(layout, node.id);
  return [
    ...(mounted !== undefined && mounted !== wanted ? [{ do: "unmount", path: mounted } as const] : []),
    ...(now.format === "none" && content ? [{ do: "remove", node: content.id } as const] : []),
    ...(wantsFormat ? [{ do: "format", node: now.device, type: now.format } as const] : []),
    ...(wanted !== undefined && wanted !== mounted ? [{ do: "mount", node: now.device, path: wanted } as const] : []),
  ];
}

function sizeEdits(node: LayoutNode, was: Line, now: Line, place: string): Edit[] {
  if (was.size === now.size) return [];
  if (node.kind === "partition" && now.size !== "lvm")
    return [{ do: "resize", node: now.device, size: `${now.size}k` }];
  if (node.kind === "logical-volume" && now.size !== "lvm") {
    return [{ do: "resize", node: now.device, size: `${now.size}k` }];
  }
  throw bad(
    place,
    now,
    msg`its size follows from what it is made of, and can't be another`,
    msg`Leave the size as it was.`,
  );
}

/** A device that isn't there: a partition of a disk that is, or a logical volume of a group. */
function newDevice(layout: Layout, now: Line, place: string): Edit[] {
  const disk = nodesOf(layout, "disk").find(({ path }) => isPartitionPath(path, now.device));
  if (!disk || now.size === "lvm") {
    const name = now.device.replace("/dev/", "");
    const todo = disk
      ? msg`Give its size in KiB.`
      : msg`Add disks, arrays and volumes with --set first (${name}.disk=like:…, .raid=…, .lvm=…).`;
    throw bad(
      place,
      now,
      msg`there is no such device in the layout, and no disk that it could be a partition of`,
      todo,
    );
  }
  if (MEMBERS.has(now.place) || now.place === "image") {
    throw bad(place, now, msg`a new device can't be ${now.place}`, msg`Make it with --set instead.`);
  }
  const path = isMountPoint(now.place) ? mountPath(now.place) : undefined;
  return [
    { do: "add-partition", disk: disk.path, size: `${now.size}k` },
    ...(now.format === "none" ? [] : [{ do: "format", node: now.device, type: now.format } as const]),
    ...(path === undefined ? [] : [{ do: "mount", node: now.device, path } as const]),
  ];
}

/** Devices that the file doesn't list go; a part of a volume goes with its volume only. */
function removals(layout: Layout, had: ReadonlyMap<string, Line>, wanted: ReadonlySet<string>): Edit[] {
  const gone = [...had.keys()].filter((device) => !wanted.has(device));
  const isPart = (device: string) => {
    const node = layout.nodes.find((one) => isDevice(one) && one.path === device);
    return node !== undefined && volumeOn(layout, node.id) !== undefined;
  };
  return gone.sort((a, b) => Number(isPart(a)) - Number(isPart(b))).map((node) => ({ do: "remove", node }));
}

const grows = (edit: Edit, had: ReadonlyMap<string, Line>) =>
  edit.do === "resize" && Number(edit.size.slice(0, -1)) > Number(had.get(edit.node)?.size ?? 0);

/**
 * The edits that make a layout what a mountlist.txt says: `DEVICE MOUNTPOINT FORMAT KIB [LABEL]` in a line, as `mondo
 * layout --mountlist` writes it. Throws `format` for lines that say what such a file can't.
 */
export function mountlistEdits(layout: Layout, text: string, place: string): Edit[] {
  const had = new Map(linesOf(mountlist(layout), msg`the layout`).map((line) => [line.device, line]));
  const lines = linesOf(text, place);
  const wanted = new Set(lines.map(({ device }) => device));
  const twice = lines.find((line, at) => lines.findIndex(({ device }) => device === line.device) !== at);
  if (twice) throw bad(place, twice, msg`it is listed twice`);
  const [sizes, contents, fresh]: [Edit[], Edit[], Edit[]] = [[], [], []];
  for (const line of lines) {
    const [was, node] = [had.get(line.device), layout.nodes.find((one) => isDevice(one) && one.path === line.device)];
    if (!was || !node) {
      fresh.push(...newDevice(layout, line, place));
      continue;
    }
    sizes.push(...sizeEdits(node, was, line, place));
    contents.push(...contentEdits(layout, node, was, line, place));
  }
  const order = [...sizes].sort((a, b) => Number(grows(a, had)) - Number(grows(b, had)));
  // Mount points are free before others take them.
  const unmounts = contents.filter((edit) => edit.do === "unmount");
  const rest = contents.filter((edit) => edit.do !== "unmount");
  return [...removals(layout, had, wanted), ...unmounts, ...order, ...rest, ...fresh];
}
