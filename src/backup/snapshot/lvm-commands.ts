import * as v from "valibot";
import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Command, Host } from "../../host/host.ts";
import { mappedPath } from "../../layout/mapped-path.ts";

/** A logical volume as lvs(8) reports it. Sizes are bytes, shares percents. */
export interface ReportedVolume {
  readonly group: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly pool: string;
  readonly dataPercent: number | undefined;
  readonly metadataPercent: number | undefined;
  readonly groupFreeBytes: number;
  readonly extentBytes: number;
}

const row = v.object({
  vg_name: v.string(),
  lv_name: v.string(),
  lv_tags: v.string(),
  pool_lv: v.string(),
  data_percent: v.string(),
  metadata_percent: v.string(),
  vg_free: v.string(),
  vg_extent_size: v.string(),
});
const report = v.object({ report: v.tuple([v.object({ lv: v.array(row) })]) });
const FIELDS = Object.keys(row.entries).join(",");
const LVM_MS = 60_000;
/** One that changes a group holds who writes to a volume meanwhile, until the disk has what is dirty. */
const CHANGE_MS = 600_000;

/** While file systems are held nobody may wait for a daemon, or for a copy of the text in /etc. */
function settingsOf(host: Host): string {
  const isWithoutUdev = !host.exists("/run/udev/control");
  // Without udev nobody else makes the device nodes.
  const nodes = isWithoutUdev ? " verify_udev_operations=1" : "";
  return `backup { backup=0 archive=0 } activation { monitoring=0${nodes} }`;
}

const lvmCommand = (host: Host, command: string, words: readonly string[], timeoutMs: number): Command => ({
  argv: ["lvm", command, "--config", settingsOf(host), ...words],
  timeoutMs,
});

/** What `dmsetup status` says of all devices. Throws `tool-missing` or `tool-failed`. */
export async function mapperStatus(host: Host): Promise<string> {
  return (await host.run({ argv: ["dmsetup", "status"], timeoutMs: LVM_MS })).stdout;
}

/** Devices of a group that hold all who write to them: `vg-root`. */
async function suspendedIn(host: Host, group: string): Promise<string[]> {
  const words = ["info", "-c", "--noheadings", "--separator", " ", "-o", "name,attr"];
  const { stdout } = await host.run({ argv: ["dmsetup", ...words], timeoutMs: LVM_MS });
  const prefix = mappedPath(group, "").slice("/dev/mapper/".length);
  const lines = stdout.split("\n").map((line) => line.trim().split(/\s+/));
  return lines.flatMap(([name = "", attributes]) => (name.startsWith(prefix) && attributes?.[2] === "s" ? [name] : []));
}

/**
 * Runs a command that changes a volume group. One that is killed on its way leaves devices suspended, and whoever uses
 * the machine's root waits for ever: they are resumed. Throws as the command does.
 */
export async function changeVolumes(
  host: Host,
  group: string,
  command: string,
  words: readonly string[],
): Promise<void> {
  // Before, too: what is suspended already is somebody else's, and the tool lies in memory when its disk is held.
  const before = await suspendedIn(host, group).catch(() => undefined);
  try {
    await host.run(lvmCommand(host, command, words, CHANGE_MS));
  } catch (error) {
    const left = before ? await suspendedIn(host, group).catch(() => []) : [];
    for (const name of left.filter((one) => !before?.includes(one))) {
      await host
        .run({ argv: ["dmsetup", "resume", "--noudevsync", name], accept: "any", timeoutMs: LVM_MS })
        .catch(() => {});
    }
    throw error;
  }
}

const percent = (text: string): number | undefined => (text === "" ? undefined : Number(text));

/** The volumes of all groups, hidden ones too. Throws `tool-failed`, or `format` when it can't be understood. */
export async function reportVolumes(host: Host, words: readonly string[] = []): Promise<ReportedVolume[]> {
  const shape = ["--all", "--reportformat", "json", "--units", "b", "--nosuffix", "--options", FIELDS];
  const { stdout } = await host.run(lvmCommand(host, "lvs", [...shape, ...words], LVM_MS));
  try {
    const [{ lv }] = v.parse(report, JSON.parse(stdout)).report;
    return lv.map((one) => ({
      group: one.vg_name,
      name: one.lv_name.replace(/^\[(.*)\]$/, "$1"),
      tags: one.lv_tags.split(",").filter((tag) => tag !== ""),
      pool: one.pool_lv.replace(/^\[(.*)\]$/, "$1"),
      dataPercent: percent(one.data_percent),
      metadataPercent: percent(one.metadata_percent),
      groupFreeBytes: Number(one.vg_free),
      extentBytes: Number(one.vg_extent_size),
    }));
  } catch (cause) {
    throw new MondoError("format", msg`the report of lvs can't be understood: ${messageOf(cause)}`, { cause });
  }
}

const REMOVE_TRIES = 20;
const REMOVE_WAIT_MS = 250;
const REMOVE_LONGEST_MS = 30_000;

/** Removes a volume that was a snapshot. What has just let go of it may take a moment. */
export async function removeSnapshotVolume(host: Host, group: string, name: string): Promise<void> {
  const end = host.nowMs() + REMOVE_LONGEST_MS;
  for (let attempt = 1; ; attempt++) {
    try {
      await changeVolumes(host, group, "lvremove", ["--quiet", "--yes", "--force", `${group}/${name}`]);
      return;
    } catch (error) {
      if (attempt >= REMOVE_TRIES || host.nowMs() > end) throw error;
      await host.sleep(REMOVE_WAIT_MS);
    }
  }
}
