/**
 * The pass phrase of an encrypted volume, on the terminal that this was started on, for a person at the keyboard of a
 * rescue; prints the length of what was typed, and in which layout.
 */
// First of all, as in main.ts: tables are told while they are loaded.
import "../../src/host/choose-language.ts";
import { messageOf } from "../../src/base/errors.ts";
import { msg } from "../../src/base/message.ts";
import { silentReporter } from "../../src/base/report.ts";
import { seatPerson } from "../../src/commands/person-on-screens.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { ScreenKeyboard } from "../../src/init/person/set-keyboard.ts";
import type { RestoreContext } from "../../src/restore/context.ts";
import { gatherSecrets } from "../../src/restore/gather-secrets.ts";
import type { Ready } from "../../src/restore/prepare.ts";
import { openConsoles } from "../../src/ui/consoles.ts";
import { fakeHost } from "./fake-host.ts";

const real = linuxHost();
const consoles = openConsoles(real, ["/dev/tty"]);
const seat = await seatPerson(real, consoles, silentReporter, msg`Rescue system${""}`, undefined);
const luks = { kind: "luks", id: "luks:u", path: "/dev/vda3", name: "home", uuid: "u", label: "home", slots: [] };
const host = fakeHost({ files: { "/dev/tty1": "", "/etc/keyboard.map": "# de\n0 21 122\n" } });
const parts = { host, log() {}, lastUsed: () => "/dev/tty1", ask: () => seat.ask };
const keyboard = new ScreenKeyboard(parts, (_, bindings) => bindings.length);
keyboard.start(undefined);
const context = {
  ...{ host, reporter: seat.reporter, ask: seat.ask, keyboard },
  manifest: { layout: { version: 1, nodes: [luks] } },
} as unknown as RestoreContext;
const effect = { do: "run", argv: [], writes: [], secret: "luks:u" };
const plan = { phases: [{ phase: "volumes", actions: [{ id: "a", effects: [effect] }] }], disks: [] };
const outcome = await gatherSecrets(context, { plan, facts: {} } as unknown as Ready, "ask")
  .then((secrets) => `${secrets.get("luks:u")?.reveal().byteLength} bytes, ${keyboard.called}`)
  .catch(messageOf);
seat.close();
await consoles.drain(1000);
consoles.close();
process.stdout.write(`OUTCOME ${outcome}\n`);
process.exit(0);
