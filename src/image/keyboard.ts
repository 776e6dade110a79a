import { parseKeyTables, showKeyBindings } from "../formats/boot/key-tables.ts";
import type { Host } from "../host/host.ts";
import { findTool } from "./tools.ts";

/** Where the image keeps the layout of the machine's keyboard. */
export const KEYBOARD_PLACE = "etc/keyboard.map";
const DEBIAN = "/etc/console-setup";

/** What loadkeys calls the machine's layout: as systemd has it, else the file that Debian's console-setup makes. */
function layoutName(host: Host, root: string): string | undefined {
  const [, name] = /^\s*KEYMAP=["']?([\w.+/-]+)/m.exec(host.tryReadText(`${root}/etc/vconsole.conf`) ?? "") ?? [];
  if (name !== undefined && !name.startsWith("-")) return name;
  const cached = host.list(`${root}${DEBIAN}`).find((file) => /^cached_.*\.kmap(\.gz)?$/.test(file));
  return cached === undefined ? undefined : `${DEBIAN}/${cached}`;
}

/**
 * The layout of the machine's keyboard, for `KEYBOARD_PLACE`; `undefined` where none is set up, or no loadkeys can read
 * it: then the rescue has the kernel's own, of the US.
 */
export async function keyboardLayout(host: Host, root: string): Promise<string | undefined> {
  const name = layoutName(host, root);
  if (name === undefined || findTool(host, root, "loadkeys") === undefined) return undefined;
  const { code, stdout } = await host.run({
    argv: ["loadkeys", "--mktable", name],
    ...(root === "" ? {} : { chroot: root }),
    accept: "any",
    timeoutMs: 30_000,
  });
  const text = code === 0 ? showKeyBindings(parseKeyTables(stdout)) : "";
  return text === "" ? undefined : text;
}
