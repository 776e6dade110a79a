import { architecture } from "../../base/architecture.ts";
import { MondoError } from "../../base/errors.ts";
import type { BootMenu } from "./medium.ts";

/** One line of a boot menu. */
export interface MenuEntry {
  /** What one types at a prompt, and Mondo's name for it. */
  readonly label: string;
  readonly text: string;
  /** Kernel words that choose the mode. */
  readonly words: readonly string[];
}

/**
 * Seconds until the default is taken; any key stops them. Few, because somebody waits for the machine: the default asks
 * before it writes, and where it is to restore (`restoreByDefault`), that counts down by itself before disks with
 * anything on them.
 */
const TIMEOUT_SECONDS = 5;

/**
 * On every command line. All consoles are used (the last named is /dev/console; a missing port is passed over).
 * Messages of the kernel are for dmesg: at 115,200 baud they would take longer than the boot. In ramfs, because the
 * kernel's tmpfs root ends at half of the memory, which is too little on a machine with 512 MiB.
 */
export const commonWords = [
  ...["console=tty0", ...architecture.serial.map((port) => `console=${port},115200`)],
  ...["quiet", "rootfstype=ramfs"],
];

const INTERACTIVE: MenuEntry = { label: "interactive", text: "Interactive: ask at every step", words: ["interactive"] };
const NUKE: MenuEntry = { label: "nuke", text: "Nuke: erase the disks and restore everything", words: ["nuke"] };
/** Starts by itself, and so only once: a machine that it has restored goes on with its disk at the next start. */
const restoreOnce = (set: string): MenuEntry => ({
  label: "RESTORE",
  text: "RESTORE: erase the disks, restore everything, once",
  words: ["RESTORE", "nuke", `mondo.once=${set}`],
});
const COMPARE: MenuEntry = {
  label: "compare",
  text: "Compare: backup against the files on the disks",
  words: ["compare"],
};
const EXPERT: MenuEntry = { label: "expert", text: "Expert: a shell", words: ["expert"] };

/** The entries in order; the first is the default. */
export function menuEntries(menu: BootMenu): readonly MenuEntry[] {
  const asked = [INTERACTIVE, NUKE, COMPARE, EXPERT];
  return menu.restoreByDefault ? [restoreOnce(menu.set), ...asked] : asked;
}

/** The kernel command line of an entry. */
export function kernelWords(menu: BootMenu, entry: MenuEntry): string {
  const words = [...entry.words, `mondo.set=${menu.set}`, ...commonWords, ...(menu.extraWords ?? [])];
  const bad = words.find((word) => /[\s"'\\$;{}]/.test(word));
  if (bad !== undefined) {
    throw new MondoError("usage", `"${bad}" can't be a word of the kernel command line on a boot medium`, {
      hint: "Leave out spaces, quotes, $, ; and braces.",
    });
  }
  return words.join(" ");
}

/**
 * The letter that chooses an entry in GRUB: of its label the first that GRUB's menu does not take itself (e edits, c
 * opens a command line, v and ^ move, p asks for a password). Source: GRUB, grub-core/normal/menu.c, run_menu().
 */
export const hotkeyOf = (label: string): string =>
  [...label.toLowerCase()].find((letter) => !/[cepv^]/.test(letter)) ?? "";

/** A title without what the boot loaders' languages give a meaning to. */
export const plain = (text: string): string => text.replace(/[^\w .:,()@+-]/g, "_");

/** isolinux.cfg: a menu on screen and on the first serial port. Source: syslinux doc/menu.txt. */
export function isolinuxConfig(menu: BootMenu): string {
  const entries = menuEntries(menu).map((entry) =>
    [
      `LABEL ${entry.label}`,
      `  MENU LABEL ${entry.text.replace(entry.text[0] ?? "", "^$&")}`,
      "  KERNEL /boot/vmlinuz",
      "  INITRD /boot/initrd.img",
      `  APPEND ${kernelWords(menu, entry)}`,
    ].join("\n"),
  );
  const head = [
    "SERIAL 0 115200",
    "DEFAULT menu.c32",
    "PROMPT 0",
    `TIMEOUT ${TIMEOUT_SECONDS * 10}`,
    `MENU TITLE ${plain(menu.title)}`,
    `MENU AUTOBOOT Starting ${menuEntries(menu)[0]?.label} in # seconds`,
    "MENU TABMSG Press [Tab] to edit the kernel words of an entry",
  ];
  return `${[...head, ...entries].join("\n\n")}\n`;
}

/** What a grub.cfg of ours begins with; `initial`: the id of its default. */
export const menuHead = (initial: string): readonly string[] => [
  'if [ "$grub_platform" = pc ]; then',
  "  serial --unit=0 --speed=115200",
  "  terminal_input serial console",
  "  terminal_output serial console",
  "fi",
  // What starts by itself is seen before.
  "set timeout_style=menu",
  `set timeout=${TIMEOUT_SECONDS}`,
  `set default=${initial}`,
];

/**
 * grub.cfg of the medium. The terminals are the caller's: UEFI firmware mirrors its console to serial ports by itself.
 */
export function grubConfig(menu: BootMenu): string {
  const entries = menuEntries(menu).map((entry) =>
    [
      `menuentry '${entry.text}' --id ${entry.label} --hotkey ${hotkeyOf(entry.label)} {`,
      `  linux /boot/vmlinuz ${kernelWords(menu, entry)}`,
      "  initrd /boot/initrd.img",
      "}",
    ].join("\n"),
  );
  return `${[...menuHead(menuEntries(menu)[0]?.label ?? ""), ...entries].join("\n")}\n`;
}

/** A file on the medium that only this set has: GRUB finds its own medium by it, and no other disc in the machine. */
export function setMarker(menu: BootMenu): string {
  return `/boot/${menu.set}.id`;
}

/** The few lines that a GRUB image starts with: find the medium, go on with its grub.cfg. */
export function grubEarlyConfig(menu: BootMenu): string {
  return `search --no-floppy --set=root --file ${setMarker(menu)}\nset prefix=($root)/boot/grub\nconfigfile ($root)/boot/grub/grub.cfg\n`;
}
