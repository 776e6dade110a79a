/** The questions where the backup is, on the terminal that this was started on; prints what was said. */
// First of all, as in main.ts: tables are told while they are loaded.
import "../../src/host/choose-language.ts";
import { msg } from "../../src/base/message.ts";
import { silentReporter } from "../../src/base/report.ts";
import { seatPerson } from "../../src/commands/person-on-screens.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { type SourceWish, sourceFields } from "../../src/init/person/source-fields.ts";
import { parseBootOptions } from "../../src/init/words/boot-options.ts";
import { askInOrder } from "../../src/ui/ask-in-order.ts";
import { openConsoles } from "../../src/ui/consoles.ts";
import type { Ui } from "../../src/ui/screens/which-ui.ts";

const real = linuxHost();
const consoles = openConsoles(real, ["/dev/tty"]);
const ui = process.argv[2] as Ui | undefined;
const seat = await seatPerson(real, consoles, silentReporter, msg`Rescue system${""}`, ui);
const start: SourceWish = {};
const wish = await askInOrder(
  seat.ask,
  (line) => consoles.write(`${line}\n`),
  start,
  sourceFields({
    found: ["web1, 2026-11-29 23:35 UTC (sr0 (QEMU DVD-ROM))", "web1, 2026-11-28 23:35 UTC (sdb1:/backup/web1)"],
    present: msg`that of ${"web1"} on ${"sr0"}`,
    links: ["eth0", "eth1"].map((name, at) => ({
      ...{ name, index: at + 2, mac: `52:54:00:12:34:5${at}`, driver: "e1000", carrier: at === 0 },
    })),
    hasTape: false,
    wishes: parseBootOptions("").network,
  }),
);
seat.close();
await consoles.drain(1000);
consoles.close();
process.stdout.write(`OUTCOME ${JSON.stringify(wish ?? "back")}\n`);
process.exit(0);
