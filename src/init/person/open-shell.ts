import { msg } from "../../base/message.ts";
import { refreshDeviceLinks, watchDeviceLinks } from "../devices/refresh-links.ts";
import type { Rescue } from "../rescue.ts";
import { type ConsoleShellParts, ConsoleShells } from "./console-shells.ts";

const HINTS = msg`
You are root in the rescue system. Leave with "exit" to come back to the menu.
  mondo help rescue    what to do here: chroot, single files, boot loader, layout, network
  mondo restore --activate   starts arrays, encrypted volumes and groups of the set, to look at them
  mondo restore        restores or compares from here    less /run/mondo/init.log   what happened so far
  lsblk, blkid, mount  disks and file systems            reboot, poweroff           stop in good order
`;

/** The shells of a rescue; while one is open, the links in /dev/disk follow the devices. */
export function newConsoleShells(parts: Omit<ConsoleShellParts, "meanwhile"> & Pick<Rescue, "log">): ConsoleShells {
  return new ConsoleShells({ ...parts, meanwhile: () => watchDeviceLinks(parts.host, parts.log) });
}

/** See `ConsoleShells.openOn`; what has been written is seen first, and the links in /dev/disk are there. */
async function openOn({ consoles, host, log, shells }: Rescue, terminals: readonly string[]): Promise<void> {
  await consoles.drain(1000);
  await refreshDeviceLinks(host, log);
  await shells.openOn(terminals);
}

/** Opens a shell on the console that was used last; returns when it ends. */
export async function openShell(rescue: Rescue): Promise<void> {
  const { consoles } = rescue;
  const terminal = consoles.lastUsed();
  const others = consoles.paths.length > 1 ? msg` Enter opens one on another console.` : "";
  consoles.write(msg`${HINTS}\nThe shell opens on ${terminal}.${others}\n`);
  await openOn(rescue, [terminal]);
}

/** Opens a shell on every console: nobody knows yet where a person sits. Returns when one of them ends. */
export async function openShells(rescue: Rescue): Promise<void> {
  const { consoles } = rescue;
  consoles.write(msg`${HINTS}\nA shell opens on ${consoles.paths.join(", ")}.\n`);
  await openOn(rescue, consoles.paths);
}
