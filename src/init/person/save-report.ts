import { messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { formatBytes } from "../../base/units.ts";
import type { Host } from "../../host/host.ts";
import { REPORT_PATH } from "../../restore/closing-report.ts";
import type { About, Choice } from "../../ui/ask.ts";
import { choose } from "../../ui/choose.ts";
import { LOG_PATH } from "../../ui/rescue-log.ts";
import { wholeDiskOf } from "../medium/block-devices.ts";
import { listStores, type Store } from "../medium/store.ts";
import type { Rescue } from "../rescue.ts";

const PLACE = "/run/mondo/stick";
/** File systems that are only read. */
const READ_ONLY = /^(iso9660|udf|squashfs|erofs)$/;

/** Whether a person can take it away: by what the drive says of itself, or because it hangs on USB. */
function isRemovable(host: Host, { path }: Store): boolean {
  const disk = wholeDiskOf(host, path.replace(/^\/dev\//, ""));
  const place = host.realPath(`/sys/class/block/${disk}`) ?? "";
  return (host.tryReadText(`/sys/class/block/${disk}/removable`) ?? "").trim() === "1" || /\/usb\d/.test(place);
}

/** Sticks and cards with a file system that can be written to. */
async function sticks(host: Host): Promise<Store[]> {
  return (await listStores(host)).filter((store) => !READ_ONLY.test(store.type) && isRemovable(host, store));
}

const describe = ({ name, label, type, sizeBytes }: Store): string =>
  `${name}${label === undefined ? "" : `, ${label}`} (${type}, ${formatBytes(sizeBytes)})`;

/** The name of the file, without an ending: no two restores have the same. Pure. */
export function reportName(host: string, atMs: number): string {
  const time = new Date(atMs).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
  return `mondo-${host.replace(/[^A-Za-z0-9._-]/g, "_")}-${time}`;
}

/** Writes the report and the log to a stick; what was there before stays. Throws what the stick says. */
async function writeTo({ host, modules, manifest }: Rescue, store: Store): Promise<string> {
  await modules.require(store.type).catch(() => {});
  host.makeDirectory(PLACE, 0o700);
  const flags = ["noSuid", "noDev", "noExec"] as const;
  host.mount({ source: store.path, target: PLACE, type: store.type, flags });
  try {
    const name = reportName(manifest?.host.name ?? "rescue", host.nowMs());
    host.write(`${PLACE}/${name}.txt`, host.tryReadText(REPORT_PATH) ?? "", 0o600);
    host.write(`${PLACE}/${name}.log`, host.tryReadText(LOG_PATH) ?? "", 0o600);
    host.sync();
    return name;
  } finally {
    host.unmount(PLACE);
  }
}

/** The entry of menus that saves the last report; none before there is one. */
export const reportChoices = ({ host }: Pick<Rescue, "host">): readonly Choice[] =>
  host.exists(REPORT_PATH) ? [{ key: "save", label: msg`Save the report and the log on a stick` }] : [];

const ABOUT: About = {
  title: msg`Save the report on a stick`,
  help: [
    msg`Report and log become two files with the date in their names; what is on the stick stays.`,
    msg`The stick needs a file system. One that is plugged in now is found by looking again.`,
  ],
};

/** Lets a person choose a stick, and saves report and log there. Says how that went; never fails. */
export async function saveReport(rescue: Rescue): Promise<void> {
  const { host, ask, reporter, modules } = rescue;
  for (;;) {
    await modules.settle(500, 5000);
    const found = await sticks(host);
    const choices = [
      ...found.map((store) => ({ key: store.path, label: describe(store) })),
      { key: "again", label: msg`Look again` },
      { key: "back", label: msg`Back` },
    ];
    const text = found.length === 0 ? msg`There is no stick with a file system: plug one in.` : msg`On which stick?`;
    const answer = await choose(ask, text, choices, choices[0]?.key, ABOUT);
    if (answer === "back") return;
    const store = found.find(({ path }) => path === answer);
    if (!store) continue;
    try {
      const name = await writeTo(rescue, store);
      reporter.info(msg`${name}.txt and ${name}.log are on ${describe(store)}. It can be taken out.`);
      return;
    } catch (error) {
      reporter.warn(msg`${describe(store)} can't be written to: ${messageOf(error)}`);
    }
  }
}
