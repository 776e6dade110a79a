import { messageOf } from "../../base/errors.ts";
import { parseKeyBindings } from "../../formats/boot/key-tables.ts";
import type { Host } from "../../host/host.ts";
import { bindKeys } from "../../host/key-bindings.ts";

/** Written when the image is made (image/keyboard.ts). */
const LAYOUT = "/etc/keyboard.map";
const SCREEN = "/dev/tty1";

/** Gives the keyboard the layout that the saved machine had: pass phrases are typed on it. Never fails. */
export function setKeyboard(host: Host, log: (text: string) => void, bind = bindKeys): void {
  const text = host.tryReadText(LAYOUT);
  if (text === undefined || !host.exists(SCREEN)) return;
  const bindings = parseKeyBindings(text);
  try {
    log(`keyboard: the kernel took ${bind(SCREEN, bindings)} of ${bindings.length} key bindings`);
  } catch (error) {
    log(`the keyboard stays with the layout of the kernel: ${messageOf(error)}`);
  }
}
