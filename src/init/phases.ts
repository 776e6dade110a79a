import { dateText } from "../archive/set/chain.ts";
import { msg } from "../base/message.ts";
import { refreshDeviceLinks } from "./devices/refresh-links.ts";
import { fetchAnswers } from "./fetch-answers.ts";
import { fetchMedium } from "./medium/fetch-medium.ts";
import { findMedium } from "./medium/find-medium.ts";
import { bringUpNetwork } from "./network/bring-up-network.ts";
import { chooseSource } from "./person/choose-source.ts";
import { editNetworkWishes } from "./person/edit-wishes.ts";
import { openShells } from "./person/open-shell.ts";
import { reportHardware } from "./person/report-hardware.ts";
import { mountEfiVariables } from "./pid1/early-mounts.ts";
import type { Rescue } from "./rescue.ts";
import type { BootOptions } from "./words/boot-options.ts";

/** Something that a person may change. */
export interface Amendment {
  readonly key: string;
  readonly label: string;
  /** `done`: that was all that the phase is for; `again`: it can be tried with what is new; `back`: nothing changed. */
  run(rescue: Rescue): Promise<"done" | "again" | "back">;
}

const CHOOSE_SOURCE: Amendment = {
  key: "source",
  label: msg`Choose where the backup is`,
  run: async (rescue) => ((await chooseSource(rescue)) ? "done" : "back"),
};

/** One step between power-on and the first question. */
export interface Phase {
  readonly name: string;
  /** What it does, as a phrase. */
  readonly does: string;
  when(options: BootOptions): boolean;
  run(rescue: Rescue): Promise<void>;
  /** `ask`: a person decides how to go on. `log`: the error is reported and the next phase begins. */
  onError(options: BootOptions): "ask" | "log";
  /** What a person may change before it is tried again. */
  readonly amend?: readonly Amendment[];
}

const always = () => true;
const log = () => "log" as const;

async function waitForDevices(rescue: Rescue): Promise<void> {
  const { modules, reporter } = rescue;
  for (let round = 0; !(await modules.settle(150, 10_000)); round += 1) {
    reporter.info(msg`Still busy after ${(round + 1) * 10} s: ${modules.doing()}`);
    if (round === 5) break;
  }
  const loaded = [...modules.outcomes.values()].filter(({ result }) => result === "loaded").length;
  rescue.log(`${loaded} modules loaded`);
}

/** The phases in order. Pure data and functions: nothing happens before `runPhases`. */
export const phases: readonly Phase[] = [
  {
    name: "cmdline",
    does: msg`understand the boot words`,
    when: always,
    async run({ options, reporter }) {
      for (const complaint of options.complaints) reporter.warn(msg`Boot word ${complaint}`);
    },
    onError: log,
  },
  {
    name: "shell",
    does: msg`a shell before anything else`,
    when: (options) => options.shell,
    run: openShells,
    onError: log,
  },
  {
    name: "firmware",
    does: msg`make the UEFI variables accessible`,
    when: always,
    async run(rescue) {
      if (!rescue.host.exists("/sys/firmware/efi")) return;
      await rescue.modules.load("efivarfs");
      mountEfiVariables(rescue.host);
    },
    onError: log,
  },
  {
    name: "network",
    does: msg`fetch the set over the network`,
    when: ({ network }) => network.pxe || network.source !== undefined,
    async run(rescue) {
      rescue.medium = await fetchMedium(rescue);
    },
    onError: () => "ask",
    amend: [
      {
        key: "edit",
        label: msg`Type other values for the network and the server`,
        async run({ ask, network }) {
          network.wishes = await editNetworkWishes(ask, network.wishes);
          return "again";
        },
      },
      CHOOSE_SOURCE,
    ],
  },
  {
    name: "status",
    does: msg`show a status page to browsers`,
    when: ({ statusPage }) => statusPage !== undefined,
    async run(rescue) {
      if (!rescue.network.card) await bringUpNetwork(rescue);
      // The code is for whoever stands here: a log may be sent to anybody.
      const { consoles } = rescue;
      const show = (text: string) => consoles.write(`\n${text}\n`);
      rescue.status?.serve({ step: show, info: show, warn: rescue.reporter.warn });
    },
    onError: log,
  },
  {
    name: "medium",
    does: msg`find the medium with the set`,
    when: always,
    async run(rescue) {
      rescue.medium ??= await findMedium(rescue, rescue.options.mode === "expert" ? 3000 : undefined);
    },
    onError: (options) => (options.mode === "expert" ? "log" : "ask"),
    amend: [CHOOSE_SOURCE],
  },
  {
    name: "manifest",
    does: msg`read what the set holds`,
    when: always,
    async run(rescue) {
      const { medium, reporter } = rescue;
      if (!medium) return;
      const { manifest } = medium;
      rescue.manifest = manifest;
      reporter.info(
        msg`Backup of ${manifest.host.name} (${manifest.host.os}), ${dateText(manifest.created)}, on ${medium.name}`,
      );
    },
    onError: log,
  },
  {
    name: "devices",
    does: msg`load drivers until no new device appears, and list devices without one`,
    when: always,
    async run(rescue) {
      await waitForDevices(rescue);
      await reportHardware(rescue);
      await refreshDeviceLinks(rescue.host, rescue.log);
    },
    onError: log,
  },
  {
    name: "answers",
    does: msg`read the answers`,
    when: ({ answers }) => answers !== undefined,
    async run(rescue) {
      const { answers } = rescue.options;
      if (answers !== undefined) rescue.answers = await fetchAnswers(rescue, answers);
    },
    onError: () => "ask",
  },
];

/** Pure: the phases for a command line, one per line. */
export function renderPhases(options: BootOptions): string {
  const names = phases.filter((phase) => phase.when(options)).map(({ name, does }) => `${name.padEnd(10)} ${does}`);
  return [...names, `${"mode".padEnd(10)} ${options.mode}`].join("\n");
}
