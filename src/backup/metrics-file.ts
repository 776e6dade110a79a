/**
 * What a run leaves for the textfile collector of Prometheus' node_exporter: one file for all jobs of a machine.
 * Source: OpenMetrics 1.0, "Text Format".
 */
import type { Host } from "../host/host.ts";
import type { RunSummary } from "./run-summary.ts";

/** Name → what it says, as a phrase, and its unit. All are gauges. */
const gauges = {
  mondo_backup_last_success_timestamp_seconds: "When the last backup began that was made",
  mondo_backup_last_run_timestamp_seconds: "When the last run began, successful or not",
  mondo_backup_last_run_status: "Exit status of the last run",
  mondo_backup_duration_seconds: "How long the last successful run took",
  mondo_backup_size_bytes: "Length of the last backup where it lies",
  mondo_backup_content_bytes: "Length of the files in the last backup",
  mondo_backup_entries: "Entries in the last backup",
  mondo_backup_problems: "Files that the last backup could not save as they were",
  mondo_backup_lost_snapshots: "Mount points that the last backup read live because a snapshot got full",
} as const;

type Gauge = keyof typeof gauges;
type Values = ReadonlyMap<Gauge, number>;

/** Values of each job. */
export type Metrics = ReadonlyMap<string, Values>;

const LINE = /^(mondo_backup_\w+)\{job="((?:[^"\\]|\\.)*)"\} ([-+\d.eE]+)$/;

const isGauge = (name: string): name is Gauge => Object.hasOwn(gauges, name);
const quoted = (text: string) => text.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n");
const unquoted = (text: string) => text.replace(/\\(.)/g, (_, char) => (char === "n" ? "\n" : char));

/** What an earlier run left; lines that are not ours are dropped. Pure. */
export function parseMetrics(text: string): Metrics {
  const jobs = new Map<string, Map<Gauge, number>>();
  for (const line of text.split("\n")) {
    const [, name = "", job = "", value = ""] = LINE.exec(line) ?? [];
    if (!isGauge(name) || !Number.isFinite(Number(value))) continue;
    const label = unquoted(job);
    jobs.set(label, (jobs.get(label) ?? new Map<Gauge, number>()).set(name, Number(value)));
  }
  return jobs;
}

/** With a run added: what only a success says stays as it was after a failure. Pure. */
export function withRun(metrics: Metrics, job: string, run: RunSummary): Metrics {
  const { lost, changed } = run.problems;
  const success: readonly (readonly [Gauge, number])[] = [
    ["mondo_backup_last_success_timestamp_seconds", run.started],
    ["mondo_backup_duration_seconds", run.seconds],
    ["mondo_backup_size_bytes", run.bytes],
    ["mondo_backup_content_bytes", run.contentBytes],
    ["mondo_backup_entries", run.entries],
    ["mondo_backup_problems", lost + changed],
    ["mondo_backup_lost_snapshots", run.readLive.length],
  ];
  const values = new Map<Gauge, number>([
    ...(metrics.get(job) ?? []),
    ["mondo_backup_last_run_timestamp_seconds", run.started],
    ["mondo_backup_last_run_status", run.status],
    ...(run.ok ? success : []),
  ]);
  return new Map([...metrics, [job, values]]);
}

/** The file. Pure. */
export function renderMetrics(metrics: Metrics): string {
  const families = Object.entries(gauges).flatMap(([name, help]) => {
    const lines = [...metrics].flatMap(([job, values]) => {
      const value = values.get(name as Gauge);
      return value === undefined ? [] : [`${name}{job="${quoted(job)}"} ${value}\n`];
    });
    return lines.length === 0 ? [] : [`# HELP ${name} ${help}.\n# TYPE ${name} gauge\n`, ...lines];
  });
  return `${families.join("")}# EOF\n`;
}

/** Adds a run to the file, which is replaced as a whole; everybody may read it. */
export function writeMetrics(host: Pick<Host, "tryReadText" | "write">, file: string, run: RunSummary): void {
  const before = parseMetrics(host.tryReadText(file) ?? "");
  host.write(file, renderMetrics(withRun(before, run.job ?? run.prefix, run)), 0o644);
}
