import { messageOf } from "../../base/errors.ts";
import type { Host } from "../../host/host.ts";
import { selfPath } from "../../host/self.ts";
import { MODULE_SEARCHER } from "../../modules/kernel-search.ts";
import { MODPROBE_PATH } from "../../modules/modprobe-command.ts";
import { powerSignals } from "./power-command.ts";

/**
 * Links the executable under the names of small tools: `reboot`, `poweroff`, `halt` (unless the image has its own) and
 * `modprobe`, for a shell, and as the helper that the kernel starts to load a module.
 */
export function linkCommands(host: Host, log: (text: string) => void): void {
  const paths = Object.keys(powerSignals).map((name) => `/usr/sbin/${name}`);
  try {
    // kmod's modprobe needs binary indexes, which are not in this image.
    host.remove("/usr/sbin/modprobe");
    for (const path of [...paths, "/usr/sbin/modprobe", MODPROBE_PATH]) {
      if (!host.lstat(path)) host.symlink(selfPath(), path);
    }
    host.poke(MODULE_SEARCHER, MODPROBE_PATH);
  } catch (error) {
    log(messageOf(error));
  }
}
