/**
 * The restore with questions of a saved machine, on the terminal that this was started on, for a machine that is made
 * up: its disks are blank, or hold what nobody knows, and it refuses to be written to. argv: JSON of
 * { disks: { name: bytes }, held: [name], ui }.
 */

// First of all, as in main.ts: tables are told while they are loaded.
import "../../src/host/choose-language.ts";
import { messageOf } from "../../src/base/errors.ts";
import { silentReporter } from "../../src/base/report.ts";
import { seatPerson } from "../../src/commands/person-on-screens.ts";
import { linuxHost } from "../../src/host/linux.ts";
import type { RestoreContext } from "../../src/restore/context.ts";
import { restoreInteractively } from "../../src/restore/interactive.ts";
import { openConsoles } from "../../src/ui/consoles.ts";
import { teeReporter } from "../../src/ui/reporters.ts";
import type { Ui } from "../../src/ui/screens/which-ui.ts";
import { cachedLayout } from "./cached-layout.ts";
import { blankDisks, fakeHost } from "./fake-host.ts";

const { disks, held, ui } = JSON.parse(process.argv[2] ?? "{}") as {
  disks: Record<string, number>;
  held: string[];
  ui?: Ui;
};
const written = Object.fromEntries(held.map((name) => [`/dev/${name}`, "holiday".repeat(100)]));
const real = linuxHost();
const host = {
  ...fakeHost({
    files: { ...blankDisks(disks), ...written },
    run: async () => ({ code: 0, stdout: "", stderr: "" }),
  }),
  which: (tool: string) => `/sbin/${tool}`,
};
const consoles = openConsoles(real, ["/dev/tty"]);
const seat = await seatPerson(real, consoles, silentReporter, "mondo restore", ui);
const volume = { name: "vol-1.tar.zst", sizeBytes: 1, sha256: "", medium: 1 };
const manifest = { set: "s", layout: cachedLayout(), created: 0, host: { name: "web1", os: "Debian 12" } };
const context = {
  ...{
    host,
    reporter: teeReporter([seat.reporter]),
    ask: seat.ask,
    carriers: [],
    root: "/mnt/restore",
    firmware: "bios",
  },
  manifest: {
    ...manifest,
    entries: 1,
    contentBytes: 1,
    volumes: [volume],
    catalog: { ...volume, name: "catalog" },
    problems: [],
  },
  checkedMedia: new Set(),
  // The only medium is somewhere else: it is asked for when its turn comes.
  ...{ setDirectory: "/nowhere", locate: () => undefined, needed: [volume] },
  media: { reach: async () => false, ask: async () => false, describe: () => "web1-1.iso", isChanged: true },
};
const outcome = await restoreInteractively(context as unknown as RestoreContext).catch(messageOf);
seat.close();
await consoles.drain(1000);
consoles.close();
process.stdout.write(`OUTCOME ${outcome}\n`);
process.exit(0);
