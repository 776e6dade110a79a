import { KIB } from "../base/units.ts";
import { contentOf, volumeOn } from "./graph.ts";
import type { Layout, LogicalVolume, Partition, Raid } from "./types.ts";
import { nodesOf } from "./types.ts";

type Device = Partition | Raid | LogicalVolume;

/** Mount point and format as Mondo wrote them. */
function useOf(layout: Layout, device: Device): [mountPoint: string, format: string, label: string] {
  const volume = volumeOn(layout, device.id);
  if (volume) return volume.kind === "raid" ? ["raid", "raid", ""] : ["lvm", "lvm", ""];
  const content = contentOf(layout, device.id);
  if (!content) {
    const type = device.kind === "partition" ? device.type : "none";
    const imaged = [...nodesOf(layout, "image"), ...nodesOf(layout, "unsupported")];
    return imaged.some((node) => node.on === device.id) ? ["image", type, ""] : ["none", "none", ""];
  }
  const names = [content.label, content.uuid].filter((name) => name !== undefined && !/\s/.test(name));
  if (content.kind === "swap") return ["swap", "swap", names[0] ?? ""];
  const mount = nodesOf(layout, "mount").find((one) => one.of === content.id);
  return [mount?.path ?? "none", content.type, names[0] ?? ""];
}

/** Mondo's mountlist.txt: a line for each device with mount point, format, KiB (`lvm` for logical volumes) and label or UUID. */
export function mountlist(layout: Layout): string {
  const devices = layout.nodes.filter(
    (node): node is Device =>
      (node.kind === "partition" && node.role !== "extended") || node.kind === "raid" || node.kind === "logical-volume",
  );
  const lines = devices.map((device) => {
    const size = device.kind === "logical-volume" ? "lvm" : String(Math.floor(device.sizeBytes / KIB));
    const [mountPoint, format, label] = useOf(layout, device);
    return [device.path, mountPoint.replaceAll(" ", "\\040"), format, size, label].join(" ").trimEnd();
  });
  return lines.map((line) => `${line}\n`).join("");
}
