import type { EffectOf } from "../effects/effect.ts";
import type { Host } from "../host/host.ts";
import type { MountFlag } from "../host/syscalls.ts";

const FLAG_WORDS: Readonly<Record<string, keyof typeof MountFlag>> = {
  ro: "readOnly",
  nosuid: "noSuid",
  nodev: "noDev",
  noexec: "noExec",
  sync: "synchronous",
  noatime: "noAtime",
};

/** `noatime,nouuid` → flags of mount(2) and the rest, which is the file system's own. */
export function splitMountOptions(options: string): { flags: (keyof typeof MountFlag)[]; data: string } {
  const words = options.split(",").filter((word) => word !== "" && word !== "rw" && word !== "defaults");
  const flags = words.flatMap((word) => FLAG_WORDS[word] ?? []);
  return { flags, data: words.filter((word) => FLAG_WORDS[word] === undefined).join(",") };
}

/** Mounts a device at a directory that exists. */
export function mountDevice(host: Host, { source, path, type, options }: EffectOf<"mount">): void {
  const { flags, data } = splitMountOptions(options);
  host.mount({ source, target: path, type, flags, ...(data === "" ? {} : { data }) });
}
