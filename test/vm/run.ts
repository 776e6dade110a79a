/**
 * Whole-machine tests in QEMU. Usage: bun test/vm/run.ts [--all] [--list] [--jobs N] [NAME…]
 * Without names: those of continuous integration; --all: every one. Ends with `N passed, N failed`.
 */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import minimist from "minimist";
import { Lab } from "../support/lab.ts";
import { scenarios as burntDiscs } from "./burnt-discs.vm.ts";
import { scenarios as consoles } from "./console.vm.ts";
import { scenarios as consoleBrowsers } from "./console-browser.vm.ts";
import { scenarios as differentials } from "./differential.vm.ts";
import { scenarios as discs } from "./discs.vm.ts";
import { scenarios as edits } from "./edited.vm.ts";
import { scenarios as fleets } from "./fleet.vm.ts";
import { scenarios as guests } from "./guests.vm.ts";
import { scenarios as hardware } from "./hardware.vm.ts";
import { scenarios as kept } from "./keep.vm.ts";
import { scenarios as luks } from "./luks.vm.ts";
import { scenarios as modes } from "./modes.vm.ts";
import { scenarios as networkArchives } from "./network-archive.vm.ts";
import { scenarios as networkCards } from "./network-cards.vm.ts";
import { scenarios as networkFtp } from "./network-ftp.vm.ts";
import { scenarios as networkServers } from "./network-servers.vm.ts";
import { scenarios as nightly } from "./nightly.vm.ts";
import { scenarios as ownIsos } from "./own-iso.vm.ts";
import { scenarios as databases } from "./postgresql.vm.ts";
import { scenarios as powerCuts } from "./power-cut.vm.ts";
import { scenarios as pxe } from "./pxe.vm.ts";
import { scenarios as pxeDocs } from "./pxe-docs.vm.ts";
import { scenarios as refusals } from "./refusals.vm.ts";
import { scenarios as rescues } from "./rescue.vm.ts";
import { scenarios as rescueEntries } from "./rescue-entry.vm.ts";
import { scenarios as rescueModes } from "./rescue-modes.vm.ts";
import { scenarios as roundTrips } from "./round-trip.vm.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios as screens } from "./screens.vm.ts";
import { scenarios as secureBoots } from "./secure-boot.vm.ts";
import { scenarios as sticks } from "./stick.vm.ts";
import { scenarios as stores } from "./store.vm.ts";
import { scenarios as storedIsos } from "./stored-iso.vm.ts";
import { scenarios as tapes } from "./tape-obdr.vm.ts";
import { scenarios as twoServers } from "./two-servers.vm.ts";

const repository = join(import.meta.dirname, "../..");
const words = minimist(process.argv.slice(2), { boolean: ["all", "list"], string: ["jobs"] });

/**
 * Round trips first: they make the backups that the others use, one machine each. Beside the very first, which has the
 * guests' system made, go those that need no guest.
 */
const all: readonly Scenario[] = [
  ...roundTrips.slice(0, 1),
  ...ownIsos,
  ...rescues,
  ...roundTrips.slice(1),
  ...powerCuts,
  ...refusals,
  ...modes,
  ...rescueModes,
  ...rescueEntries,
  ...kept,
  ...discs,
  ...burntDiscs,
  ...sticks,
  ...secureBoots,
  ...storedIsos,
  ...tapes,
  ...networkArchives,
  ...networkServers,
  ...networkFtp,
  ...stores,
  ...twoServers,
  ...networkCards,
  ...pxe,
  ...pxeDocs,
  ...edits,
  ...fleets,
  ...hardware,
  ...differentials,
  ...nightly,
  ...luks,
  ...guests,
  ...databases,
  ...screens,
  ...consoles,
  ...consoleBrowsers,
];

function chosen(): readonly Scenario[] {
  const names = words._.map(String);
  const unknown = names.find((name) => !all.some((scenario) => scenario.name === name));
  if (unknown !== undefined) throw new Error(`no scenario ${unknown}: see test/vm/run.ts --list`);
  if (names.length > 0) return all.filter(({ name }) => names.includes(name));
  return words.all ? all : all.filter(({ ci }) => ci);
}

const clock = (since: number) => `${((Date.now() - since) / 1000).toFixed(0)} s`;

/**
 * The first thing that a kernel panics of when the emulator had no processor for the ticks that it counts: says nothing
 * about the test.
 */
const STARVED = /Kernel panic - not syncing: IO-APIC \+ timer doesn't work/;
const TRIES = 3;

/** Runs one and tells how it went; what a failed one leaves (logs, disks, screenshot) stays in its directory. */
async function runOne(lab: Lab, scenario: Scenario, attempt = 1): Promise<boolean> {
  const { name, says, run } = scenario;
  const started = Date.now();
  const directory = lab.directory(name);
  const say = (text: string) => process.stdout.write(`  ${name}: ${text}\n`);
  try {
    await run({ lab, directory, say });
    process.stdout.write(`ok ${name} (${clock(started)}): ${says}\n`);
    rmSync(directory, { recursive: true, force: true });
    return true;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (STARVED.test(text) && attempt < TRIES) {
      say(`the emulator was too slow for the kernel's timer check after ${clock(started)}: once more`);
      return runOne(lab, scenario, attempt + 1);
    }
    process.stdout.write(`FAILED ${name} (${clock(started)}): ${says}\n${text.replace(/^/gm, "    ")}\n`);
    process.stdout.write(`    everything of it is in ${directory}\n`);
    return false;
  }
}

async function main(): Promise<number> {
  if (words.list) {
    for (const { name, ci, says, unproven } of all) {
      const note = unproven === undefined ? "" : ` (not run to its end yet: ${unproven})`;
      process.stdout.write(`${ci ? "ci " : "   "} ${name.padEnd(22)} ${says}${note}\n`);
    }
    return 0;
  }
  if (!existsSync(join(repository, "dist/mondo"))) throw new Error("dist/mondo is missing: run make dist");
  const scratch = join(repository, "out/vm");
  mkdirSync(scratch, { recursive: true });
  const lab = new Lab({ repository, cache: join(repository, "out/vm-cache"), scratch });
  const waiting = [...chosen()];
  const started = Date.now();
  let passed = 0;
  let failed = 0;
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (await runOne(lab, next)) passed += 1;
      else failed += 1;
    }
  };
  await Promise.all(Array.from({ length: Number(words.jobs ?? 2) }, worker));
  process.stdout.write(`whole machines: ${clock(started)}\n${passed} passed, ${failed} failed\n`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

process.exit(await main());
