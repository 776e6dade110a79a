import type { MountLine } from "../../formats/fs/mount-tables.ts";
import type { DeviceFacts, Facts } from "../facts.ts";
import { isWanted } from "./wanted-mounts.ts";

/** Parts of the tree that belong to a system wherever they are mounted from: systemd mounts some without fstab. */
const SYSTEM_PATH = /^\/(?:boot|efi|etc|usr|var|home|srv|opt|root|tmp|nix|gnu)(?:\/|$)/;
/** What systemd mounts by partition type, from whichever disk. Source: systemd-gpt-auto-generator(8). */
const AUTOMATIC = /^\/(?:|boot|efi|boot\/efi|usr|home|srv|var|var\/tmp)$/;
/** What a restored machine would not be itself without. */
const ESSENTIAL = /^\/(?:boot|efi|boot\/efi|etc|usr|usr\/local|home|srv|var|var\/lib|var\/log|opt|root|nix|gnu)$/;
/** Below these, engines mount images, layers and volumes of containers and packages. */
const ORCHESTRATED = [
  /^\/var\/lib\/(?:kubelet|docker|containers|containerd|lxd|lxc|incus|rancher|k0s|crio|nomad|snapd|machines)\/./,
  /^\/var\/lib\/[^/]+\/kubelet\/(?:pods|plugins)\//,
  /^\/(?:snap|var\/snap)\/./,
  /\/\.local\/share\/(?:containers|docker|flatpak)\//,
  /\/(?:globalmount|volumes\/kubernetes\.io~[^/]+\/.*)$/,
];

/** Whether a container engine, an orchestrator or a package manager mounts something there. */
export const isOrchestrated = (path: string) => ORCHESTRATED.some((pattern) => pattern.test(path));

/** Whether the kernel calls it removable, or it hangs on USB. */
export const isRemovable = (disk: Pick<DeviceFacts, "removable" | "transport">) =>
  disk.removable || disk.transport === "usb";

/** Whether a machine that lacks what is mounted there would not be restored. */
export const isEssential = (facts: Facts, path: string) => ESSENTIAL.test(path) || isWanted(facts, path);

/** Whether a path is the system's by its name. */
export const isSystemPath = (path: string) => path === "/" || SYSTEM_PATH.test(path);

/**
 * Whether a mount is the machine's own: what it mounts by itself, or at a place of the system; not what somebody plugs
 * in, mounts by hand for a while (the disk that takes the backup), or what an orchestrator mounts.
 */
export function isOwnMount(facts: Facts, { path }: Pick<MountLine, "path">, disks: readonly DeviceFacts[]): boolean {
  if (path === "/" || isWanted(facts, path)) return true;
  if (isOrchestrated(path) || !isSystemPath(path)) return false;
  return AUTOMATIC.test(path) || !disks.some(isRemovable);
}
