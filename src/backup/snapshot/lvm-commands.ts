import * as v from "valibot";
import { MondoError, messageOf } from "../../base/errors.ts";
import type { Command, Host } from "../../host/host.ts";

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

/** While file systems are held nobody may wait for a daemon, or for a copy of the text in /etc. */
function settingsOf(host: Host): string {
  const isWithoutUdev = !host.exists("/run/udev/control");
  // Without udev nobody else makes the device nodes.
  const nodes = isWithoutUdev ? " verify_udev_operations=1" : "";
  return `backup { backup=0 archive=0 } activation { monitoring=0${nodes} }`;
}

/** An LVM command, which changes what is named by its words. */
export const lvmCommand = (host: Host, command: string, words: readonly string[]): Command => ({
  argv: ["lvm", command, "--config", settingsOf(host), ...words],
  timeoutMs: LVM_MS,
});

const percent = (text: string): number | undefined => (text === "" ? undefined : Number(text));

/** The volumes of all groups, hidden ones too. Throws `tool-failed`, or `format` when it can't be understood. */
export async function reportVolumes(host: Host, words: readonly string[] = []): Promise<ReportedVolume[]> {
  const shape = ["--all", "--reportformat", "json", "--units", "b", "--nosuffix", "--options", FIELDS];
  const { stdout } = await host.run(lvmCommand(host, "lvs", [...shape, ...words]));
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
    throw new MondoError("format", `the report of lvs can't be understood: ${messageOf(cause)}`, { cause });
  }
}

const REMOVE_TRIES = 20;
const REMOVE_WAIT_MS = 250;

/** Removes a volume that was a snapshot. What has just let go of it may take a moment. */
export async function removeSnapshotVolume(host: Host, group: string, name: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await host.run(lvmCommand(host, "lvremove", ["--quiet", "--yes", "--force", `${group}/${name}`]));
      return;
    } catch (error) {
      if (attempt >= REMOVE_TRIES) throw error;
      await host.sleep(REMOVE_WAIT_MS);
    }
  }
}
