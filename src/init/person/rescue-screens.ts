import { messageOf } from "../../base/errors.ts";
import type { Reporter } from "../../base/report.ts";
import type { Host } from "../../host/host.ts";
import { askOn, type ConsoleAsk } from "../../ui/ask.ts";
import type { Consoles } from "../../ui/consoles.ts";
import { type FullScreen, openFullScreen } from "../../ui/screens/full-screen.ts";
import { asciiGlyphs, consoleGlyphs } from "../../ui/screens/glyphs.ts";
import { loadDrawer } from "../../ui/screens/load-drawer.ts";
import { type Ui, whichUi } from "../../ui/screens/which-ui.ts";
import { terminalKind } from "./shell.ts";

/** What the questions of a rescue need. */
export interface RescueScreensParts {
  readonly host: Host;
  readonly consoles: Consoles;
  /** What the boot words want. */
  readonly wish: Ui | undefined;
  /** Of every screen that has none of its own. */
  readonly title: string;
  readonly log: (text: string) => void;
  /** Opens a shell on the console that was used last; returns when it ends. */
  readonly shell: () => Promise<void>;
}

/** The screen of the machine shows more than ASCII; what sits at the other end of a serial line, nobody knows. */
const glyphsOf = (path: string) => (terminalKind(path) === "linux" ? consoleGlyphs : asciiGlyphs);

/**
 * Questions of the rescue: the same plain lines on every console, or full screens on one of them. The first question
 * decides (`whichUi`); later a person may.
 */
export class RescueScreens implements ConsoleAsk {
  readonly #parts: RescueScreensParts;
  readonly #plain: ConsoleAsk;
  #full: FullScreen | undefined;
  #isDecided = false;

  constructor(parts: RescueScreensParts) {
    this.#parts = parts;
    this.#plain = askOn(parts.consoles);
  }

  get show(): ConsoleAsk["show"] {
    const full = this.#full;
    return full && ((screen, signal) => full.show(screen, signal));
  }

  /** Whether there is a choice between full screens and plain lines. */
  get mayChange(): boolean {
    const { wish, consoles } = this.#parts;
    return wish !== "plain" && consoles.paths.length > 0;
  }

  async menu(...question: Parameters<ConsoleAsk["menu"]>): Promise<string> {
    return (await this.#now()).menu(...question);
  }

  async confirm(...question: Parameters<ConsoleAsk["confirm"]>): Promise<boolean> {
    return (await this.#now()).confirm(...question);
  }

  async line(...question: Parameters<ConsoleAsk["line"]>): Promise<string> {
    return (await this.#now()).line(...question);
  }

  /** Decides how questions are asked, if it is still open: what is written from now on stands above the next one. */
  async ready(): Promise<void> {
    if (this.#isDecided) return;
    const { consoles, wish } = this.#parts;
    const seat = { term: terminalKind(consoles.lastUsed()), consoles: consoles.paths.length };
    if (whichUi({ ...seat, ...(wish === undefined ? {} : { wish }) }) === "full") await this.open();
    this.#isDecided = true;
  }

  /** From now on full screens, on the console that was used last. What fails is logged; the questions stay plain. */
  async open(): Promise<void> {
    const { host, consoles, title, log, shell } = this.#parts;
    if (this.#full) return;
    try {
      const draw = await loadDrawer();
      this.#full = openFullScreen({ host, consoles, draw, glyphsOf, title, shell }, consoles.lastUsed());
      log(this.#full ? `full screens on ${consoles.lastUsed()}` : `no full screens on ${consoles.lastUsed()}`);
    } catch (error) {
      log(`no full screens: ${messageOf(error)}`);
    }
  }

  /** From now on plain lines on every console. */
  close(): void {
    this.#full?.close();
    this.#full = undefined;
  }

  /** Shows how far work is. */
  get reporter(): Reporter {
    const clear = () => this.#full?.progress(undefined);
    return {
      step: clear,
      info() {},
      warn() {},
      log() {},
      progress: ({ done, total }) => this.#full?.progress(total > 0 ? Math.min(1, done / total) : undefined),
    };
  }

  async #now(): Promise<ConsoleAsk> {
    await this.ready();
    return this.#full ?? this.#plain;
  }
}
