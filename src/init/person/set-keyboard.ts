import { messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { type KeyBinding, parseKeyBindings } from "../../formats/boot/key-tables.ts";
import { keyboardLayouts, layoutNamed } from "../../formats/boot/keyboard-layouts.ts";
import type { Host } from "../../host/host.ts";
import { bindKeys } from "../../host/key-bindings.ts";
import type { Keyboard } from "../../restore/context.ts";
import type { About, Ask } from "../../ui/ask.ts";
import { choose } from "../../ui/choose.ts";

/** Written when the image is made (image/keyboard.ts). */
const LAYOUT = "/etc/keyboard.map";
const SCREEN = "/dev/tty1";

const ABOUT: About = {
  title: msg`The layout of the keyboard`,
  help: [
    msg`Choose what is printed on the keys: pass phrases are typed with it, and not shown.`,
    msg`It is that of the machine's own keyboard. At the other end of a serial line the terminal there decides.`,
  ],
};

/** What a keyboard needs. */
export interface KeyboardParts {
  readonly host: Host;
  readonly log: (text: string) => void;
  /** The console that the last key came from. */
  readonly lastUsed: () => string;
  readonly ask: () => Ask;
}

/** The keyboard at the machine's own screen; a serial line has none: the terminal at its other end has. */
export class ScreenKeyboard implements Keyboard {
  readonly #parts: KeyboardParts;
  readonly #bind: typeof bindKeys;
  #called = msg`English (US)`;

  constructor(parts: KeyboardParts, bind = bindKeys) {
    this.#parts = parts;
    this.#bind = bind;
  }

  /** Whether there is a screen, and so a keyboard. */
  get isThere(): boolean {
    return this.#parts.host.exists(SCREEN);
  }

  get isUsed(): boolean {
    return this.isThere && /^\/dev\/tty\d+$/.test(this.#parts.lastUsed());
  }

  get called(): string {
    return this.#called;
  }

  /**
   * Gives it the layout of that name, else the one that the saved machine had: pass phrases are typed on it. Never
   * fails.
   */
  start(wish: string | undefined): void {
    if (wish !== undefined && this.set(wish)) return;
    const text = this.#parts.host.tryReadText(LAYOUT);
    if (text === undefined) return;
    const name = /^# (\S+)/.exec(text)?.[1] ?? "";
    this.#set(parseKeyBindings(text), layoutNamed(name)?.called ?? name);
  }

  /** True: it has that layout now. */
  set(name: string): boolean {
    const layout = layoutNamed(name);
    return layout !== undefined && this.#set(layout.bindings, layout.called);
  }

  async choose(): Promise<void> {
    const layouts = keyboardLayouts();
    const choices = layouts.map(({ name, called }) => ({ key: name, label: `${called} (${name})` }));
    const now = layouts.find(({ called }) => called === this.#called)?.name;
    const back = { key: "back", label: msg`Back: it stays ${this.#called}` };
    const text = msg`Which layout has the keyboard?`;
    const chosen = await choose(this.#parts.ask(), text, [...choices, back], now, ABOUT);
    if (chosen !== "back") this.set(chosen);
  }

  #set(bindings: readonly KeyBinding[], called: string): boolean {
    const { log } = this.#parts;
    if (!this.isThere) return false;
    try {
      log(`keyboard: ${called}; the kernel took ${this.#bind(SCREEN, bindings)} of ${bindings.length} key bindings`);
      this.#called = called;
      return true;
    } catch (error) {
      log(`the keyboard stays with the layout of before: ${messageOf(error)}`);
      return false;
    }
  }
}
