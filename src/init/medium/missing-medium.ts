import { dateText } from "../../archive/set/chain.ts";
import { type Manifest, mediumOf } from "../../archive/set/manifest.ts";
import type { MediumPass } from "../../archive/set/media-passes.ts";
import { msg } from "../../base/message.ts";
import { stoppedAt } from "../../restore/check-set.ts";
import type { Choice } from "../../ui/ask.ts";
import { choose } from "../../ui/choose.ts";
import { openShell } from "../person/open-shell.ts";
import type { Rescue } from "../rescue.ts";

/** What a person sees of a set, to find its disc on a shelf. */
export interface Label {
  readonly set: string;
  readonly created: number;
}

/** The set itself, or the parent of that id. */
export const labelOf = (manifest: Manifest, set: string | undefined): Label =>
  manifest.parents?.find((parent) => parent.set === set) ?? manifest;

/** A medium for people: number, host, date. */
export function describeMedium(manifest: Manifest, { set, medium }: MediumPass): string {
  const of = set === undefined ? msg` of ${mediumOf(manifest).of}` : "";
  return msg`medium ${medium}${of} of the backup of ${manifest.host.name}, ${dateText(labelOf(manifest, set).created)}`;
}

const CHOICES: readonly Choice[] = [
  { key: "wait", label: msg`Wait for it` },
  { key: "without", label: msg`Go on without it: what lies on it is lost, and listed at the end` },
  { key: "shell", label: msg`Open a shell` },
  { key: "stop", label: msg`Stop; what was restored so far stays on the disks` },
];

/**
 * What a person wants while a medium is missing: to wait for it, or to go on without it. Throws `cancelled` when they
 * stop the work.
 */
export async function chooseWhileWaiting(rescue: Rescue, medium: string, text: string): Promise<"wait" | "without"> {
  const choice = await choose(rescue.ask, text, CHOICES, "wait");
  if (choice === "stop") throw stoppedAt(medium);
  if (choice === "shell") await openShell(rescue);
  return choice === "without" ? "without" : "wait";
}
