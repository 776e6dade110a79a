import type { Manifest } from "../archive/manifest.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import type { Ask } from "../ui/ask.ts";
import { type BootOptions, isSetId } from "./cmdline.ts";
import type { Consoles } from "./console.ts";
import type { Medium } from "./media.ts";
import type { ModuleService } from "./module-service.ts";
import type { NetworkSession } from "./network/session.ts";
import type { WaitForChild } from "./shell.ts";

/** What the image was made for: /etc/mondo/boot.json. Every field may be absent (an image made for no set). */
export interface ImageIdentity {
  readonly set?: string;
  readonly host?: string;
  readonly created?: number;
  readonly version?: string;
}

/** What the worker holds; the phases fill it. */
export interface Rescue {
  readonly host: Host;
  readonly consoles: Consoles;
  readonly ask: Ask;
  readonly reporter: Reporter;
  readonly log: (text: string) => void;
  readonly wait: WaitForChild;
  readonly options: BootOptions;
  readonly identity: ImageIdentity;
  readonly modules: ModuleService;
  readonly network: NetworkSession;
  medium: Medium | undefined;
  manifest: Manifest | undefined;
}

/** Reads /etc/mondo/boot.json; one that can't be understood counts as absent. */
export function readIdentity(host: Host): ImageIdentity {
  try {
    const value: unknown = JSON.parse(host.tryReadText("/etc/mondo/boot.json") ?? "{}");
    if (typeof value !== "object" || value === null) return {};
    const { set, host: name, created, version } = value as Record<string, unknown>;
    return {
      ...(typeof set === "string" && isSetId(set) ? { set: set.toLowerCase() } : {}),
      ...(typeof name === "string" && name !== "" ? { host: name } : {}),
      ...(typeof created === "number" ? { created } : {}),
      ...(typeof version === "string" ? { version } : {}),
    };
  } catch {
    return {};
  }
}
