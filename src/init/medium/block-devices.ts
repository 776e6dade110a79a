import type { Host } from "../../host/host.ts";

/** A block device that may carry a set. */
export interface BlockDevice {
  readonly name: string;
  readonly path: string;
  readonly sizeBytes: number;
  /** The whole disk behind a partition; itself for a disk. */
  readonly disk: string;
  readonly model: string;
}

const SECTOR_BYTES = 512;
/** Memory disks, mapped and loop devices hold no medium of ours. */
const IGNORED = /^(ram|loop|zram|dm-|md|fd|nbd)/;

/** Name of the whole disk that holds a block device (`sda1` → `sda`). Source: /sys/class/block links. */
export function wholeDiskOf(host: Host, name: string): string {
  const directory = `/sys/class/block/${name}`;
  if (!host.exists(`${directory}/partition`)) return name;
  return (host.realPath(directory) ?? "").split("/").at(-2) ?? name;
}

/** All disks, optical drives and partitions, whole devices before partitions (a hybrid ISO shows on both). */
export function listBlockDevices(host: Host): BlockDevice[] {
  const names = host.list("/sys/class/block").filter((name) => !IGNORED.test(name));
  const devices = names.map((name): BlockDevice => {
    const disk = wholeDiskOf(host, name);
    const sectors = Number(host.tryReadText(`/sys/class/block/${name}/size`) ?? "0");
    const text = (file: string) => (host.tryReadText(`/sys/class/block/${disk}/device/${file}`) ?? "").trim();
    const model = `${text("vendor").startsWith("0x") ? "" : text("vendor")} ${text("model")}`.trim();
    return { name, path: `/dev/${name}`, sizeBytes: sectors * SECTOR_BYTES, disk, model };
  });
  return devices.sort((a, b) => Number(a.disk !== a.name) - Number(b.disk !== b.name));
}

/** Whether a device is a drive whose disc can be changed. */
export const isOpticalDrive = ({ name }: BlockDevice): boolean => name.startsWith("sr");

/** A device as a person knows it: `sr0 (QEMU DVD-ROM)`. */
export function describeDevice(device: BlockDevice): string {
  return device.model === "" ? device.name : `${device.name} (${device.model})`;
}
