/** The boot menu of a stick: an entry, or a menu of its own, for each machine that has sets on it. */
import { msg } from "../../base/message.ts";
import {
  commonWords,
  grubQuoted,
  hotkeyOf,
  type MenuEntry,
  menuEntries,
  menuHead,
  otherGrubEntries,
  plain,
  titleEntry,
} from "./boot-menu.ts";

/** A machine with sets on a stick: its newest one has the rescue system that starts. */
export interface StickMachine {
  readonly name: string;
  /** Date of its newest set, for people. */
  readonly date: string;
  /** UUID of that. */
  readonly set: string;
  /** Its directory on the stick: `/web1/mondorescue/2026-11-30T08-15-00`. */
  readonly directory: string;
  /** `-H` */
  readonly restoreByDefault: boolean;
  /** `--words`; absent: none. */
  readonly words?: readonly string[];
}

/** A rescue system that belongs to no set: it looks for backups on the stick and everywhere else. */
export interface StickRescue {
  /** The machine that it was made on. */
  readonly name: string;
  /** Its directory on the stick: `/boot/rescue/web1`. */
  readonly directory: string;
}

/** A person is asked which of the sets it shall be; what starts by itself means the newest. */
function wordsOf(entry: MenuEntry, { set, words: further = [] }: StickMachine, uuid: string): string {
  const isAsked = entry.label === "interactive" || entry.label === "expert";
  const words = [
    ...entry.words,
    ...(isAsked ? [] : [`mondo.set=${set}`]),
    `mondo.source=UUID=${uuid}:/`,
    ...commonWords,
    ...further,
  ];
  return words.join(" ");
}

function entriesOf(machine: StickMachine, uuid: string, isOnly: boolean): string[] {
  // With several machines' sets none of them starts by itself: it might be the wrong one.
  const menu = { title: "", set: machine.set, restoreByDefault: machine.restoreByDefault && isOnly };
  return menuEntries(menu).map((entry) =>
    [
      `menuentry '${entry.text}' --id ${entry.label} --hotkey ${hotkeyOf(entry.label)} {`,
      `  linux ${machine.directory}/boot/vmlinuz ${wordsOf(entry, machine, uuid)}`,
      `  initrd ${machine.directory}/boot/initrd.img`,
      "}",
    ].join("\n"),
  );
}

/** Nothing starts by itself from there. */
const rescueEntry = ({ name, directory }: StickRescue, index: number): readonly string[] => [
  `menuentry '${plain(`Rescue system of ${name}`)}' --id rescue${index} {`,
  `  linux ${directory}/vmlinuz ${["interactive", ...commonWords].join(" ")}`,
  `  initrd ${directory}/initrd.img`,
  "}",
];

/**
 * grub.cfg of a stick; `machines`: the one whose set is newest first, `uuid`: of the file system with the sets,
 * `rescues`: systems that belong to none of them.
 */
export function stickConfig(
  machines: readonly StickMachine[],
  uuid: string,
  rescues: readonly StickRescue[] = [],
): string {
  const [first, second] = machines;
  const marker = first ? `${first.directory}/boot/vmlinuz` : `${rescues[0]?.directory}/vmlinuz`;
  const alone = rescues.flatMap(rescueEntry);
  const others = otherGrubEntries(marker);
  if (!first) {
    if (rescues.length > 0) return `${[...menuHead("rescue0"), ...alone, ...others].join("\n")}\n`;
    return `echo ${grubQuoted(msg`There is no backup on this stick yet.`)}\nsleep 10\n`;
  }
  if (!second) {
    const head = menuHead(first.restoreByDefault ? "RESTORE" : "interactive");
    const entries = [titleEntry(`${first.name}, ${first.date}`), ...entriesOf(first, uuid, true), ...alone, ...others];
    return `${[...head, ...entries].join("\n")}\n`;
  }
  const menus = machines.flatMap((machine, index) => [
    `submenu '${plain(`${machine.name}, ${machine.date}`)}' --id machine${index} {`,
    ...entriesOf(machine, uuid, false),
    "}",
  ]);
  return `${[...menuHead("machine0"), ...menus, ...alone, ...others].join("\n")}\n`;
}

/** The few lines that a GRUB image of a stick starts with: find its file system, go on with the grub.cfg there. */
export const stickEarlyConfig = (uuid: string): string =>
  `search --no-floppy --set=root --fs-uuid ${uuid}\nset prefix=($root)/boot/grub\nconfigfile ($root)/boot/grub/grub.cfg\n`;
