import type { Host } from "../../host/host.ts";
import { readDevices } from "../../probe/read-devices.ts";
import { wantedLinks } from "./wanted-links.ts";

const TOP = "/dev/disk";
const DIRECTORIES = ["by-id", "by-path", "by-uuid", "by-label", "by-partuuid", "by-partlabel"] as const;

/** First word of this program when it is started as the child that updates the links. */
export const DEVICE_LINKS_TASK = "device-links-task";

/** Updates /dev/disk as udev would. Reads every device and waits for one that hangs, so a child process does it. */
export async function makeDeviceLinks(host: Host): Promise<void> {
  const wanted = wantedLinks(host, await readDevices(host));
  for (const directory of DIRECTORIES) {
    const at = `${TOP}/${directory}`;
    host.makeDirectory(at);
    for (const name of host.list(at)) if (!wanted.has(`${directory}/${name}`)) host.remove(`${at}/${name}`);
  }
  for (const [name, device] of wanted) {
    const [path, target] = [`${TOP}/${name}`, `../..${device.slice("/dev".length)}`];
    if (host.readLink(path) === target) continue;
    host.remove(path);
    host.symlink(target, path);
  }
}
