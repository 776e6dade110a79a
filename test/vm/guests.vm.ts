import { architectureOf } from "../support/base-system.ts";
import { differences, fingerprint } from "../support/fingerprint.ts";
import { Machine } from "../support/qemu.ts";
import { unlock } from "../support/unlock.ts";
import { machines } from "./machines.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

/** Two boots of one guest: what differs between them would be blamed on the restore. */
async function twice({ lab, directory }: ScenarioContext, name: string): Promise<void> {
  const machine = machines.find((one) => one.name === name);
  if (machine === undefined) throw new Error(`no machine ${name}`);
  const disks = await lab.sourceDisks(machine, directory);
  const prints: string[][] = [];
  for (const boot of [1, 2]) {
    const vm = await Machine.start({
      directory: `${directory}/boot-${boot}`,
      firmware: machine.firmware,
      architecture: architectureOf(machine),
      disks,
    });
    try {
      await unlock(vm, machine.passPhrase);
      await vm.booted();
      prints.push(await fingerprint(vm));
      await vm.powerOff();
    } finally {
      await vm.kill();
    }
  }
  const [first = [], second = []] = prints;
  const found = differences(first, second);
  if (first.length < 10_000) throw new Error(`the fingerprint has only ${first.length} lines`);
  if (found.length > 0) throw new Error(`two boots differ:\n${found.join("\n")}`);
}

/** The testbed's own proof: fingerprints of two boots are equal. */
export const scenarios: readonly Scenario[] = machines.map(({ name }) => ({
  name: `guest-${name}`,
  says: `${name} has the same fingerprint after a reboot`,
  ci: false,
  run: (context) => twice(context, name),
}));
