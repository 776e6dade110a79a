import type { LoaderDriver } from "../contracts.ts";
import { bootCodeDriver } from "./boot-code.ts";
import { efiProgramDriver } from "./efi-program.ts";
import { extlinuxDriver } from "./extlinux.ts";
import { grubBiosDriver } from "./grub-bios.ts";
import { grubUefiDriver } from "./grub-uefi.ts";
import { noLoaderDriver } from "./no-loader.ts";
import { systemdBootDriver } from "./systemd-boot.ts";

/** All boot loaders. A new one is one file and one line here. */
export const loaderDrivers: readonly LoaderDriver[] = [
  grubBiosDriver,
  grubUefiDriver,
  systemdBootDriver,
  extlinuxDriver,
  efiProgramDriver,
  bootCodeDriver,
  noLoaderDriver,
];

/** The driver of a loader node. */
export function loaderDriver(type: string): LoaderDriver | undefined {
  return loaderDrivers.find((driver) => driver.type === type);
}
