/**
 * The restore of single files of a set, on the terminal that this was started on; the set's place counts as this
 * machine's. argv: JSON of { set, ui }.
 */
// First of all, as in main.ts: tables are told while they are loaded.
import "../../src/host/choose-language.ts";
import { openSet } from "../../src/archive/set/open-set.ts";
import { messageOf } from "../../src/base/errors.ts";
import { silentReporter } from "../../src/base/report.ts";
import { seatPerson } from "../../src/commands/person-on-screens.ts";
import { linuxHost } from "../../src/host/linux.ts";
import type { RestoreContext } from "../../src/restore/context.ts";
import { restoreFiles } from "../../src/restore/files/restore-files.ts";
import { openConsoles } from "../../src/ui/consoles.ts";
import { teeReporter, terminalReporter } from "../../src/ui/reporters.ts";
import type { Ui } from "../../src/ui/screens/which-ui.ts";

const words = JSON.parse(process.argv[2] ?? "{}") as { set: string; ui?: Ui };
const host = linuxHost();
const consoles = openConsoles(host, ["/dev/tty"]);
const plain =
  words.ui === "plain"
    ? terminalReporter({ write: consoles.write, nowMs: () => host.nowMs(), columns: 80 })
    : silentReporter;
const seat = await seatPerson(host, consoles, plain, "mondo restore", words.ui);
const { manifest, directory, locate } = openSet(host, words.set);
const context = {
  ...{ host, reporter: teeReporter([seat.reporter]), ask: seat.ask, manifest, setDirectory: directory, locate },
  ...{ carriers: [], root: "/mnt/restore", firmware: "bios", checkedMedia: new Set() },
};
const outcome = await restoreFiles(context as unknown as RestoreContext).catch(messageOf);
seat.close();
await consoles.drain(1000);
consoles.close();
process.stdout.write(`OUTCOME ${outcome}\n`);
process.exit(0);
