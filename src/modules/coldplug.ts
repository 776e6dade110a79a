import type { Host } from "../host/host.ts";
import type { Uevent } from "../host/uevents.ts";
import type { AliasIndex } from "./module-aliases.ts";
import type { LoadOutcome, ModuleLoader } from "./module-loader.ts";

/** A device that nothing drives, for people. */
export interface DriverlessDevice {
  /** `pci 0000:00:1f.2`. */
  readonly device: string;
  readonly modalias: string;
  /** Modules that say they drive it, none of which did (or is on the image). */
  readonly modules: readonly string[];
}

/** Loads drivers for devices as they are seen. */
export interface Coldplug {
  /** Looks at every device on every bus; gives how many asked for something new. */
  scan(): Promise<number>;
  /** The same for devices that the kernel has just announced. */
  handle(events: readonly Uevent[]): Promise<number>;
  driverless(): DriverlessDevice[];
}

/** PCI classes that a restore can't do without: storage, network, USB hosts. Source: PCI code and ID assignment. */
const PCI_CLASSES = /^0x(01|02|0c03)/;
/** USB interface classes: human input, mass storage, hubs are driven by the core. */
const USB_CLASSES = /ic(03|08)/;
const BUSES_OF_INTEREST = ["pci", "usb", "virtio", "scsi", "nvme", "vmbus", "xen", "hid"];

function matters(host: Host, bus: string, path: string, modalias: string): boolean {
  if (bus === "pci") return PCI_CLASSES.test(host.tryReadText(`${path}/class`) ?? "");
  if (bus === "usb") return USB_CLASSES.test(modalias);
  // A SCSI enclosure or medium changer needs no driver of ours; disks, tapes and optical drives do.
  if (bus === "scsi") return /^scsi:t-0x0[0145]/.test(modalias);
  return true;
}

/** Device drivers by modalias: each modalias is looked up once, however many devices have it. */
export function coldplug(
  host: Host,
  aliases: AliasIndex,
  loader: ModuleLoader,
  told: (outcome: LoadOutcome, modalias: string) => void,
): Coldplug {
  const seen = new Set<string>();

  async function want(modalias: string): Promise<boolean> {
    if (modalias === "" || seen.has(modalias)) return false;
    seen.add(modalias);
    for (const module of aliases.lookUp(modalias)) told(await loader.load(module, "by-device"), modalias);
    return true;
  }

  const devicesOf = (bus: string) => host.list(`/sys/bus/${bus}/devices`).map((name) => ({ name, bus }));
  const modaliasOf = (path: string) => (host.tryReadText(`${path}/modalias`) ?? "").trim();

  return {
    async scan() {
      let wanted = 0;
      for (const { name, bus } of host.list("/sys/bus").flatMap(devicesOf)) {
        if (await want(modaliasOf(`/sys/bus/${bus}/devices/${name}`))) wanted += 1;
      }
      return wanted;
    },
    async handle(events) {
      let wanted = 0;
      for (const { action, values } of events) {
        if (action === "add" && (await want(values.MODALIAS ?? ""))) wanted += 1;
      }
      return wanted;
    },
    driverless() {
      const found: DriverlessDevice[] = [];
      for (const { name, bus } of BUSES_OF_INTEREST.flatMap(devicesOf)) {
        const path = `/sys/bus/${bus}/devices/${name}`;
        const modalias = modaliasOf(path);
        if (modalias === "" || host.exists(`${path}/driver`) || !matters(host, bus, path, modalias)) continue;
        found.push({ device: `${bus} ${name}`, modalias, modules: aliases.lookUp(modalias) });
      }
      return found;
    },
  };
}
