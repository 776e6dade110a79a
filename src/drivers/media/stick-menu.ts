/** The boot menu of a stick: an entry, or a menu of its own, for each machine that has sets on it. */
import { msg } from "../../base/message.ts";
import {
  commonWords,
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
}

/** A person is asked which of the sets it shall be; what starts by itself means the newest. */
function wordsOf(entry: MenuEntry, { set }: StickMachine, uuid: string): string {
  const isAsked = entry.label === "interactive" || entry.label === "expert";
  const words = [
    ...entry.words,
    ...(isAsked ? [] : [`mondo.set=${set}`]),
    `mondo.source=UUID=${uuid}:/`,
    ...commonWords,
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

/** grub.cfg of a stick; `machines`: the one whose set is newest first, `uuid`: of the file system with the sets. */
export function stickConfig(machines: readonly StickMachine[], uuid: string): string {
  const [first, second] = machines;
  if (!first) return msg`echo 'There is no backup on this stick yet.'\nsleep 10\n`;
  const others = otherGrubEntries(`${first.directory}/boot/vmlinuz`);
  if (!second) {
    const head = menuHead(first.restoreByDefault ? "RESTORE" : "interactive");
    const entries = [titleEntry(`${first.name}, ${first.date}`), ...entriesOf(first, uuid, true), ...others];
    return `${[...head, ...entries].join("\n")}\n`;
  }
  const menus = machines.flatMap((machine, index) => [
    `submenu '${plain(`${machine.name}, ${machine.date}`)}' --id machine${index} {`,
    ...entriesOf(machine, uuid, false),
    "}",
  ]);
  return `${[...menuHead("machine0"), ...menus, ...others].join("\n")}\n`;
}

/** The few lines that a GRUB image of a stick starts with: find its file system, go on with the grub.cfg there. */
export const stickEarlyConfig = (uuid: string): string =>
  `search --no-floppy --set=root --fs-uuid ${uuid}\nset prefix=($root)/boot/grub\nconfigfile ($root)/boot/grub/grub.cfg\n`;
