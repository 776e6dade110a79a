import { architecture } from "../../base/architecture.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { SerialConsole } from "../../formats/boot/serial-consoles.ts";
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
 * Seconds until the default of a menu is taken, on media and from the network; any key stops them. Few, because
 * somebody waits for the machine, at each start of one that starts from the network first: no default writes unasked,
 * and where it is to restore (`restoreByDefault`, `mondo pxe --unattended`), that counts down by itself before disks
 * with anything on them.
 */
export const MENU_SECONDS = 5;

/**
 * On every command line. All consoles are used (the last named is /dev/console; a missing port is passed over).
 * Messages of the kernel are for dmesg: at 115,200 baud they would take longer than the boot. In ramfs, because the
 * kernel's tmpfs root ends at half of the memory, which is too little on a machine with 512 MiB. `serial`: the ports
 * that the saved machine's kernel uses, at their speeds.
 */
function wordsWith(serial: readonly SerialConsole[] = []): readonly string[] {
  const own = serial.map(({ word }) => word);
  const usual = architecture.serial.map((port) => `console=${port},115200`);
  return ["console=tty0", ...(own.length > 0 ? own : usual), "quiet", "rootfstype=ramfs"];
}

/** Those of a medium that knows nothing of the machine's serial ports. */
export const commonWords = wordsWith();

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
  const words = [...entry.words, `mondo.set=${menu.set}`, ...wordsWith(menu.serial), ...(menu.extraWords ?? [])];
  const bad = words.find((word) => /[\s"'\\$;{}]/.test(word));
  if (bad !== undefined) {
    throw new MondoError("usage", msg`"${bad}" can't be a word of the kernel command line on a boot medium`, {
      hint: msg`Leave out spaces, quotes, $, ; and braces.`,
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

/** A text as one word of GRUB's language, whatever is in it. */
export const grubQuoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** What does not start the rescue system; nothing of it is a default. */
export const otherEntries: readonly Pick<MenuEntry, "label" | "text">[] = [
  { label: "disk", text: "Start from the first disk" },
  { label: "firmware", text: "Firmware setup" },
];
const [FROM_DISK, SETUP] = otherEntries;

/** What loaders of systems are called on their own partitions, the first stage of Secure Boot before what it starts. */
const efiLoaders = ({ efi }: typeof architecture): readonly string[] => [
  ...["debian", "ubuntu", "fedora", "redhat", "rocky", "almalinux", "centos", "opensuse", "sles"].map(
    (vendor) => `/EFI/${vendor}/shim${efi}.efi`,
  ),
  ...["debian", "ubuntu", "fedora", "opensuse"].map((vendor) => `/EFI/${vendor}/grub${efi}.efi`),
  `/EFI/systemd/systemd-boot${efi}.efi`,
  "/EFI/Microsoft/Boot/bootmgfw.efi",
];

/** Entries of GRUB for what is no rescue. `marker`: a file that is on the medium alone. Source: the GRUB manual. */
export function otherGrubEntries(marker: string): readonly string[] {
  return [
    `menuentry '${FROM_DISK?.text}' --id disk --hotkey d {`,
    '  if [ "$grub_platform" = efi ]; then',
    `    for loader in ${efiLoaders(architecture).join(" ")}; do`,
    "      if search --no-floppy --set=esp --file $loader; then chainloader ($esp)$loader; boot; fi",
    "    done",
    // The firmware goes on with what comes next.
    "    exit",
    "  else",
    "    set disk=hd0",
    `    if [ -f (hd0)${marker} -o -f (hd0,1)${marker} -o -f (hd0,2)${marker} ]; then set disk=hd1; fi`,
    "    set root=$disk",
    "    chainloader +1",
    "  fi",
    "}",
    'if [ "$grub_platform" = efi ]; then',
    `  menuentry '${SETUP?.text}' --id firmware --hotkey f { fwsetup }`,
    "fi",
  ];
}

/** Ports that boot loaders know by number. */
function firstPort(serial: readonly SerialConsole[] = []): { readonly unit: number; readonly speed: number } {
  const known = serial.find(({ unit }) => unit !== undefined && unit < 4);
  return { unit: known?.unit ?? 0, speed: known?.speed ?? 115_200 };
}

/** isolinux.cfg: a menu on screen and on a serial port. Source: syslinux doc/menu.txt. */
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
  const { unit, speed } = firstPort(menu.serial);
  const disk = [`LABEL ${FROM_DISK?.label}`, `  MENU LABEL ^${FROM_DISK?.text}`, "  LOCALBOOT 0x80"].join("\n");
  const head = [
    `SERIAL ${unit} ${speed}`,
    "DEFAULT menu.c32",
    "PROMPT 0",
    `TIMEOUT ${MENU_SECONDS * 10}`,
    `MENU TITLE ${plain(menu.title)}`,
    `MENU AUTOBOOT Starting ${menuEntries(menu)[0]?.label} in # seconds`,
    "MENU TABMSG Press [Tab] to edit the kernel words of an entry",
  ];
  return `${[...head, ...entries, disk].join("\n\n")}\n`;
}

/** What a grub.cfg of ours begins with; `initial`: the id of its default. */
export const menuHead = (initial: string, serial: readonly SerialConsole[] = []): readonly string[] => [
  'if [ "$grub_platform" = pc ]; then',
  `  serial --unit=${firstPort(serial).unit} --speed=${firstPort(serial).speed}`,
  "  terminal_input serial console",
  "  terminal_output serial console",
  "fi",
  // What starts by itself is seen before.
  "set timeout_style=menu",
  `set timeout=${MENU_SECONDS}`,
  `set default=${initial}`,
];

/** GRUB's menu has no title of its own: an entry that does nothing says whose it is. */
export const titleEntry = (title: string): string => `menuentry '${plain(title)}' --id about { set about=1 }`;

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
  const head = menuHead(menuEntries(menu)[0]?.label ?? "", menu.serial);
  return `${[...head, titleEntry(menu.title), ...entries, ...otherGrubEntries(setMarker(menu))].join("\n")}\n`;
}

/** A file on the medium that only this set has: GRUB finds its own medium by it, and no other disc in the machine. */
export function setMarker(menu: BootMenu): string {
  return `/boot/${menu.set}.id`;
}

/** The few lines that a GRUB image starts with: find the medium, go on with its grub.cfg. */
export function grubEarlyConfig(menu: BootMenu): string {
  return `search --no-floppy --set=root --file ${setMarker(menu)}\nset prefix=($root)/boot/grub\nconfigfile ($root)/boot/grub/grub.cfg\n`;
}
