import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { ConfigValue } from "./config-schema.ts";

/** A job, as far as its place and its series count. */
interface PlacedJob {
  readonly name: string;
  readonly where: string;
  readonly entries: ReadonlyMap<string, { readonly value: ConfigValue }>;
}

/** What says where a job's backups go. */
const TARGETS = ["nfs", "dir", "to", "usb", "stream", "tape", "dvd", "cd", "cd-rw", "cd-stream"] as const;
const USUAL_PREFIX = "mondorescue";

const saidBy = ({ entries }: PlacedJob, key: string): string => {
  const value = entries.get(key)?.value;
  return value === undefined || value === false ? "" : String(value);
};
const targetOf = (job: PlacedJob): string => TARGETS.map((key) => saidBy(job, key)).join("\n");
/** What the machine remembers a full backup by. */
const seriesOf = (job: PlacedJob): string => `${saidBy(job, "prefix") || USUAL_PREFIX}\n${saidBy(job, "root") || "/"}`;
const buildsOn = (job: PlacedJob): boolean =>
  saidBy(job, "parent") === "" &&
  (saidBy(job, "differential") !== "" || !["", "0"].includes(saidBy(job, "diff-level")));

/**
 * Refuses jobs of which one would build on what another one has put elsewhere: a differential backup builds on the last
 * full one of its prefix, whichever job made it. Pure. Throws `usage`.
 */
export function requireOwnPrefixes(jobs: readonly PlacedJob[]): void {
  for (const job of jobs.filter(buildsOn)) {
    const other = jobs.find((one) => seriesOf(one) === seriesOf(job) && targetOf(one) !== targetOf(job));
    if (other === undefined) continue;
    const prefix = saidBy(job, "prefix") || USUAL_PREFIX;
    throw new MondoError(
      "usage",
      msg`${job.where}: the jobs ${job.name} and ${other.name} have one prefix (${prefix}) and two places: a differential backup would build on what is not beside it`,
      { hint: msg`Give one of them a prefix of its own: prefix = "${prefix}-${other.name}".` },
    );
  }
}
