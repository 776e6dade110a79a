import type { Manifest } from "../archive/manifest.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";

/** A question with numbered answers; resolves to the index of the chosen one. */
export type AskChoice = (question: string, choices: readonly string[]) => Promise<number>;
/** A question with a line as its answer. */
export type AskLine = (question: string) => Promise<string>;

/** What a restore may use, whether it runs in the rescue or from a shell. */
export interface RestoreContext {
  readonly host: Host;
  readonly reporter: Reporter;
  readonly manifest: Manifest;
  /** Directory with manifest, catalog and volumes. */
  readonly setDirectory: string;
  /** Block devices (`/dev/sr0`) that carry the set or the rescue: never written to. */
  readonly carriers: readonly string[];
  /** Where the target's file systems are mounted. */
  readonly root: string;
  readonly firmware: "bios" | "uefi";
  readonly askChoice: AskChoice;
  readonly askLine: AskLine;
  /** Shows the text with the seconds left; any key stops it. */
  readonly countdown: (seconds: number, text: string) => Promise<"elapsed" | "stopped">;
}

/** How a mode ended: `done` means that the machine may be restarted. */
export type ModeOutcome = "done" | "stopped" | "differences";
