import { msg } from "../base/message.ts";
import { parseKeyTables, showKeyBindings } from "../formats/boot/key-tables.ts";
import { layoutNamed } from "../formats/boot/keyboard-layouts.ts";
import type { Host } from "../host/host.ts";
import { findTool } from "./tools.ts";

/** Where the image keeps the layout of the machine's keyboard. */
export const KEYBOARD_PLACE = "etc/keyboard.map";
const DEBIAN = "/etc/console-setup";

/** What a machine says about its keyboard. Source: vconsole.conf(5), keyboard(5). */
interface KeyboardWishes {
  /** What loadkeys calls the layout: its name, or the file that Debian's console-setup makes. */
  readonly layout?: string;
  /** What people call it. */
  readonly called: string;
}

function assigned(text: string, name: string): string | undefined {
  return new RegExp(`^\\s*${name}=["']?([\\w+][\\w.+/,-]*)`, "m").exec(text)?.[1];
}

function readWishes(host: Host, root: string): KeyboardWishes {
  const [systemd, debian] = ["/etc/vconsole.conf", "/etc/default/keyboard"].map(
    (path) => host.tryReadText(`${root}${path}`) ?? "",
  );
  const name = assigned(systemd ?? "", "KEYMAP");
  if (name !== undefined) return { layout: name, called: name };
  const x = `${debian}\n${systemd}`;
  const variant = assigned(x, "XKBVARIANT")?.split(",")[0];
  const first = assigned(x, "XKBLAYOUT")?.split(",")[0] ?? "us";
  const called = variant === undefined || variant === "" ? first : `${first}-${variant}`;
  const cached = host.list(`${root}${DEBIAN}`).find((file) => /^cached_.*\.kmap(\.gz)?$/.test(file));
  return cached === undefined ? { called } : { layout: `${DEBIAN}/${cached}`, called };
}

async function bindingsOf(host: Host, root: string, layout: string | undefined): Promise<string> {
  if (layout === undefined || findTool(host, root, "loadkeys") === undefined) return "";
  const { code, stdout } = await host.run({
    argv: ["loadkeys", "--mktable", layout],
    ...(root === "" ? {} : { chroot: root }),
    accept: "any",
    timeoutMs: 30_000,
  });
  return code === 0 ? showKeyBindings(parseKeyTables(stdout)) : "";
}

/**
 * The layout of the machine's keyboard, for `KEYBOARD_PLACE`: what its own loadkeys makes of it, or ours of that name;
 * the name comes first. Without `text` the rescue has the kernel's own, of the US; `note` says so, where the machine
 * has another.
 */
export async function keyboardLayout(host: Host, root: string): Promise<{ text?: string; note?: string }> {
  const { layout, called } = readWishes(host, root);
  const own = await bindingsOf(host, root, layout);
  const ours = layoutNamed(called);
  const text = own === "" && ours && ours.name !== "us" ? showKeyBindings(ours.bindings) : own;
  if (text !== "") return { text: `# ${called}\n${text}` };
  if (ours) return {};
  const note = msg`The keyboard of the rescue system will be that of the US, not "${called}" as here`;
  return { note: msg`${note} (Debian: apt-get install kbd console-setup)` };
}
