/** What this system must have for a stick: tools to make one, and a kernel that knows its file system. */
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { stickMedium } from "../../drivers/media/stick.ts";
import type { StickFilesystem } from "../../drivers/media/stick-filesystems.ts";
import type { Host } from "../../host/host.ts";

/** Throws `tool-missing` unless a stick with this file system can be made here. */
export function requireTools(host: Pick<Host, "which">, filesystem: StickFilesystem): void {
  const missing = Object.entries(stickMedium(filesystem).liveTools).filter(([tool]) => host.which(tool) === undefined);
  if (missing.length === 0) return;
  throw new MondoError(
    "tool-missing",
    msg`a stick needs ${missing.map(([tool]) => tool).join(", ")}, not installed here`,
    {
      hint: msg`Install it (Debian: apt-get install ${missing.map(([, name]) => name).join(" ")}).`,
    },
  );
}

/** Throws `tool-missing` unless this kernel mounts the file system, whose module is loaded if it is one. */
export async function requireKernelFor(
  host: Pick<Host, "run" | "which" | "tryReadText">,
  { type }: StickFilesystem,
): Promise<void> {
  const isKnown = () => new RegExp(`^\\s*${type}$`, "m").test(host.tryReadText("/proc/filesystems") ?? "");
  if (isKnown()) return;
  if (host.which("modprobe") !== undefined) await host.run({ argv: ["modprobe", "-q", type], accept: "any" });
  if (isKnown()) return;
  throw new MondoError("tool-missing", msg`this kernel has no file system ${type}`, {
    hint: msg`Install its module (${type}), or use a kernel that has it.`,
  });
}
