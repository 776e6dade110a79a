import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";

/** The kernel that a distribution has now, as packages. */
export interface KernelPackages {
  /** With the version, different for each; what a copy is filed under. */
  readonly name: string;
  /** As the package manager takes them. */
  readonly packages: readonly string[];
  /** The repositories that have them, where the package manager leaves it to others to check signatures. */
  readonly repositories?: readonly string[];
}

/** A package manager that can fetch its distribution's kernel without installing it. */
export interface KernelSource {
  /** Commands without which it can't. */
  readonly needs: readonly string[];
  /** What the distribution has now; undefined when the package lists name no kernel. */
  current(host: Host): Promise<KernelPackages | undefined>;
  /** How a person brings the package lists up to date. */
  readonly refresh: string;
  /**
   * Downloads them, checks who signed them, and unpacks their files below the empty directory `into`; scripts of
   * packages are not run. `reporter` is told of what is not checked.
   */
  unpack(host: Host, kernel: KernelPackages, into: string, reporter: Reporter): Promise<void>;
}

/** For a download, in milliseconds. */
export const FETCH_TIMEOUT_MS = 600_000;
/** For a question about package lists that may have to be fetched first, in milliseconds. */
export const ASK_TIMEOUT_MS = 180_000;
