import { bytesOfText } from "../../base/bytes.ts";
import type { DeviceFacts } from "../../probe/facts.ts";

/** What a device is called besides its kernel name: paths below /dev/disk. */
export type DeviceNames = readonly string[];

/**
 * A text as udev puts it into a name: blanks become `_`, special characters `\xNN`. Source: udev's
 * encode_devnode_name().
 */
export function encodeName(text: string): string {
  return [...text]
    .map((char) => {
      const isText = char.isWellFormed() && (char.codePointAt(0) ?? 0) > 127;
      if (/[A-Za-z0-9#+\-.:=@_]/.test(char) || isText) return char;
      return [...bytesOfText(char)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
    })
    .join("");
}

/** A model or serial number: each run of blanks becomes one `_`, blanks at the ends go. */
const tidy = (text: string): string =>
  text
    .trim()
    .replace(/[\s/]+/g, "_")
    .replace(/[^A-Za-z0-9#+\-.:=@_]/g, "_");

/** Where a device is connected, from sysfs. */
export interface DevicePlace {
  /** Real path below /sys/devices. */
  readonly path: string;
  /** Number of the ATA port on its controller, from 1. */
  readonly ataPort?: string | undefined;
  /** The lowest SCSI host of the same controller: udev numbers hosts from there. */
  readonly firstHost?: number | undefined;
  /** Of a disk behind USB: what its SCSI and USB devices call themselves. */
  readonly usb?: { readonly vendor: string; readonly model: string; readonly serial: string } | undefined;
}

const lun = (hctl: string, host: number | string): string => hctl.replace(/^\d+/, String(host));

/**
 * The path to a disk through its controllers, the same for every disk in that slot; `undefined` for a bus that we don't
 * know. Source: udev's path_id.
 */
export function pathTag({ path, ataPort, firstHost }: DevicePlace): string | undefined {
  const pci = [...path.matchAll(/\/([0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])(?=\/)/g)].at(-1)?.[1];
  if (pci === undefined || /\/(end_device-|rport-|session\d)/.test(path)) return undefined;
  const hctl = /\/(\d+:\d+:\d+:\d+)\/block\//.exec(path)?.[1];
  const usb = /\/\d+-([\d.]+):(\d+\.\d+)\//.exec(path);
  if (usb && hctl !== undefined) return `pci-${pci}-usb-0:${usb[1]}:${usb[2]}-scsi-${lun(hctl, 0)}`;
  if (/\/ata\d+\//.test(path)) return ataPort === undefined ? undefined : `pci-${pci}-ata-${ataPort}`;
  if (hctl !== undefined) {
    const host = Number(hctl.split(":")[0]) - (firstHost ?? 0);
    return `pci-${pci}-scsi-${lun(hctl, host)}`;
  }
  const namespace = /\/nvme\/nvme\d+\/nvme\d+(?:c\d+)?n(\d+)$/.exec(path)?.[1];
  if (namespace !== undefined) return `pci-${pci}-nvme-${namespace}`;
  return /\/virtio\d+\/block\//.test(path) ? `pci-${pci}` : undefined;
}

/** Who a disk is, whatever it is connected to. Source: 60-persistent-storage.rules. */
export function idTags(disk: DeviceFacts, { usb }: DevicePlace): string[] {
  const { name, model = "", serial, wwn, dmName, dmUuid } = disk;
  const [, scheme, number] = /^(naa|eui|uuid|nvme)\.(.+)$/.exec(wwn ?? "") ?? [];
  const tags: string[] = [];
  if (usb) {
    const parts = [usb.vendor, usb.model, usb.serial].map(tidy).filter((part) => part !== "");
    tags.push(`usb-${parts.join("_")}-0:0`);
  } else if (serial !== undefined && disk.transport === "virtio" && name.startsWith("vd")) {
    tags.push(`virtio-${tidy(serial)}`);
  } else if (serial !== undefined && name.startsWith("nvme")) tags.push(`nvme-${tidy(model)}_${tidy(serial)}`);
  if (scheme === "naa") tags.push(`wwn-0x${number}`);
  if (name.startsWith("nvme") && scheme !== undefined)
    tags.push(`nvme-${scheme === "nvme" ? wwn : `${scheme}.${number}`}`);
  if (dmName !== undefined) tags.push(`dm-name-${encodeName(dmName)}`);
  if (dmUuid !== undefined) tags.push(`dm-uuid-${encodeName(dmUuid)}`);
  return tags;
}
