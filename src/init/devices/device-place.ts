import type { Host } from "../../host/host.ts";
import type { DevicePlace } from "./link-names.ts";

const BLOCK = "/sys/class/block";

const textAt = (host: Host, path: string): string => (host.tryReadText(path) ?? "").trim();

/** The directory of the USB device above a path; `undefined` when there is none. */
function usbAbove(path: string): string | undefined {
  return /^(.*\/usb\d+(?:\/\d+-[\d.]+)*\/\d+-[\d.]+)\/\d+-[\d.]+:\d+\.\d+\//.exec(path)?.[1];
}

/** What the SCSI and USB devices of a disk behind USB call themselves; `undefined` for any other disk. */
function usbNames(host: Host, name: string, path: string): DevicePlace["usb"] {
  const usb = usbAbove(path);
  if (usb === undefined) return undefined;
  const device = `${BLOCK}/${name}/device`;
  return {
    vendor: textAt(host, `${device}/vendor`),
    model: textAt(host, `${device}/model`),
    serial: textAt(host, `${usb}/serial`),
  };
}

/** The lowest SCSI host of the controller that a disk hangs on. */
function firstHostOf(host: Host, path: string): number | undefined {
  const controller = /^(.*)\/host\d+\//.exec(path)?.[1];
  if (controller === undefined) return undefined;
  const hosts = host.list(controller).flatMap((entry) => /^host(\d+)$/.exec(entry)?.[1] ?? []);
  return hosts.length === 0 ? undefined : Math.min(...hosts.map(Number));
}

/** The port of a disk on its ATA controller. */
function ataPortOf(host: Host, path: string): string | undefined {
  const ata = /\/(ata\d+)\//.exec(path)?.[1];
  const port = ata === undefined ? "" : textAt(host, `/sys/class/ata_port/${ata}/port_no`);
  return port === "" ? undefined : port;
}

/** Where a disk is, as sysfs has it. */
export function placeOf(host: Host, name: string): DevicePlace {
  const path = host.realPath(`${BLOCK}/${name}`) ?? "";
  const [ataPort, firstHost, usb] = [ataPortOf(host, path), firstHostOf(host, path), usbNames(host, name, path)];
  return {
    path,
    ...(ataPort === undefined ? {} : { ataPort }),
    ...(firstHost === undefined ? {} : { firstHost }),
    ...(usb === undefined ? {} : { usb }),
  };
}
