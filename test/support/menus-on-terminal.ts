/**
 * Questions of a made-up machine, on the terminal that this was started on; prints what came of them. argv: which of
 * them, as below.
 */

// First of all, as in main.ts: tables are told while they are loaded.
import "../../src/host/choose-language.ts";
import type { Difference } from "../../src/archive/compare/difference.ts";
import { messageOf } from "../../src/base/errors.ts";
import { silentReporter } from "../../src/base/report.ts";
import { askForm } from "../../src/commands/ask-backup/ask-backup.ts";
import { lineOf } from "../../src/commands/ask-backup/render-words.ts";
import { seatPerson } from "../../src/commands/person-on-screens.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { askWhatToDo } from "../../src/init/person/menu.ts";
import { ScreenKeyboard } from "../../src/init/person/set-keyboard.ts";
import type { Rescue } from "../../src/init/rescue.ts";
import { MODE_CHOICES, MODES_ABOUT, PART_CHOICES, PARTS_ABOUT } from "../../src/init/run-modes.ts";
import { browseDifferences } from "../../src/restore/browse-differences.ts";
import type { Ask } from "../../src/ui/ask.ts";
import { choose } from "../../src/ui/choose.ts";
import { openConsoles } from "../../src/ui/consoles.ts";

const real = linuxHost();
const consoles = openConsoles(real, ["/dev/tty"]);
const seat = await seatPerson(real, consoles, silentReporter, "mondo restore", undefined);
const [info, warn] = [seat.reporter.info, seat.reporter.warn];

const differences: readonly Difference[] = [
  { path: "/etc/passwd", severity: 3, what: "content", detail: "" },
  { path: "/home/me/notes", severity: 2, what: "missing", detail: "" },
  { path: "/var/log/syslog", severity: 1, what: "content", detail: "" },
];

/** What each word of the command line asks. */
const QUESTIONS: Readonly<Record<string, (ask: Ask) => Promise<string>>> = {
  async backup(ask) {
    const machine = {
      name: "web1",
      sticks: [{ path: "/dev/sdb", what: "USB, 8.0 GiB" }],
      ...{ burners: ["/dev/sr0"], tapes: ["/dev/nst0"], loaders: ["GRUB"], directory: "/srv/backup" },
      kindOf: (path: string) => (path === "/srv/backup" ? ("directory" as const) : undefined),
      freeBytes: () => 1e9,
    };
    const words = await askForm({ host: real, ask, say: info, warn }, machine);
    return words ? lineOf(words) : "left";
  },
  /** The menu of the rescue, with all that can stand in it; an answer that is no standing choice ends it. */
  async menu(ask) {
    const rescue = {
      ask,
      host: { exists: () => true },
      screens: { ready: async () => {}, mayChange: true },
      status: { desk: { isAllowed: false, allow: () => {} } },
      keyboard: new ScreenKeyboard({ host: real, log: () => {}, lastUsed: () => "/dev/tty1", ask: () => ask }, () => 0),
      reporter: seat.reporter,
    } as unknown as Rescue;
    Object.defineProperty(rescue.keyboard, "isThere", { value: true });
    const answer = await askWhatToDo(rescue, MODE_CHOICES, "interactive", MODES_ABOUT);
    return answer === "part" ? choose(ask, "", PART_CHOICES, "back", PARTS_ABOUT) : answer;
  },
  async compare(ask) {
    await browseDifferences(ask, differences);
    return "seen";
  },
};

const outcome = await QUESTIONS[process.argv[2] ?? ""]?.(seat.ask).catch(messageOf);
seat.close();
await consoles.drain(1000);
consoles.close();
process.stdout.write(`OUTCOME ${outcome}\n`);
process.exit(0);
