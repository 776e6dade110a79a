import { messageOf } from "../../base/errors.ts";
import { refreshDeviceLinks, watchDeviceLinks } from "../devices/refresh-links.ts";
import type { Rescue } from "../rescue.ts";
import { runShell } from "./shell.ts";

const HINTS = `
You are root in the rescue system. Leave with "exit" to come back to the menu.
  mondo restore --activate   starts arrays, encrypted volumes and groups of the set, to look at them
  mondo restore        restores or compares from here    less /run/mondo/init.log   what happened so far
  lsblk, blkid, mount  disks and file systems            reboot, poweroff           stop in good order
`;

/** Opens a shell on the console that was used last; returns when it ends. */
export async function openShell(rescue: Rescue): Promise<void> {
  const { consoles, host } = rescue;
  const terminal = consoles.lastUsed();
  consoles.write(`${HINTS}\nThe shell opens on ${terminal}.\n`);
  await consoles.drain(1000);
  await refreshDeviceLinks(host, rescue.log);
  consoles.suspend(terminal);
  const stop = watchDeviceLinks(host, rescue.log);
  try {
    await runShell(host, terminal, rescue.wait);
  } catch (error) {
    rescue.reporter.warn(messageOf(error));
  } finally {
    stop();
    consoles.resume(terminal);
  }
}
