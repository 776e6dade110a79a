import type { Host } from "../host/host.ts";

const BLOCK = "/sys/class/block";
const LINKS = "/dev/block";

/**
 * Names every block device by its numbers in /dev/block, as udev does, where it doesn't: dracut finds by these what the
 * root lies on, and leaves out of an initramfs what it doesn't find.
 */
export function makeBlockLinks(host: Host): void {
  host.makeDirectory(LINKS);
  for (const name of host.list(BLOCK)) {
    const numbers = host.tryReadText(`${BLOCK}/${name}/dev`)?.trim();
    // As in cciss!c0d0.
    const [path, target] = [`${LINKS}/${numbers}`, `../${name.replaceAll("!", "/")}`];
    if (numbers === undefined || !/^\d+:\d+$/.test(numbers) || host.readLink(path) === target) continue;
    host.remove(path);
    host.symlink(target, path);
  }
}
