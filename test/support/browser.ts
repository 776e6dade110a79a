/** A browser without a window, driven over a pipe. Source: Chrome DevTools Protocol, `--remote-debugging-pipe`. */

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

/** Nothing that asks the network for anything but the page. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-sync",
].concat(["--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe"]);
/** On a machine that is busy with others a page takes its time. */
const ANSWER_MS = 120_000;

type Fields = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: number;
  readonly result?: Fields;
  readonly error?: { readonly message: string };
}

/** A page of a browser of its own. */
export class Browser {
  readonly #child;
  readonly #home: string;
  readonly #waiting = new Map<number, (message: Message) => void>();
  #session: string | undefined;
  #last = 0;

  private constructor(flags: readonly string[]) {
    this.#home = mkdtempSync(join(tmpdir(), "mondo-browser-"));
    const argv = ["chromium", ...FLAGS, `--user-data-dir=${this.#home}`, ...flags, "about:blank"];
    // It dies with this process.
    this.#child = spawn("setpriv", ["--pdeathsig", "KILL", "--", ...argv], {
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    });
    let text = "";
    (this.#child.stdio[4] as Readable).setEncoding("utf8").on("data", (piece: string) => {
      const messages = (text + piece).split("\0");
      text = messages.pop() ?? "";
      for (const message of messages) this.#take(JSON.parse(message));
    });
  }

  /** Opens an empty page that is so wide, in pixels. */
  static async open(width: number, height: number, ...flags: readonly string[]): Promise<Browser> {
    const browser = new Browser(flags);
    try {
      const { targetInfos } = await browser.call("Target.getTargets");
      const page = (targetInfos as { type: string; targetId: string }[]).find(({ type }) => type === "page");
      const attached = await browser.call("Target.attachToTarget", { targetId: page?.targetId, flatten: true });
      browser.#session = String(attached.sessionId);
      await browser.call("Page.enable");
      const metrics = { width, height, deviceScaleFactor: 1, mobile: width < 600 };
      await browser.call("Emulation.setDeviceMetricsOverride", metrics);
      return browser;
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  #take(message: Message): void {
    if (message.id === undefined) return;
    this.#waiting.get(message.id)?.(message);
    this.#waiting.delete(message.id);
  }

  /** Calls a method of the protocol. */
  async call(method: string, params: Fields = {}): Promise<Fields> {
    this.#last += 1;
    const id = this.#last;
    const session = this.#session === undefined ? {} : { sessionId: this.#session };
    const answer = new Promise<Message>((resolve) => this.#waiting.set(id, resolve));
    (this.#child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, ...session })}\0`);
    const late = Bun.sleep(ANSWER_MS).then((): Message => ({ error: { message: "the browser does not answer" } }));
    const { result, error } = await Promise.race([answer, late]);
    if (error) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  /** Goes to a page; why there is none, if there is none. */
  async goTo(url: string): Promise<string | undefined> {
    const { errorText } = await this.call("Page.navigate", { url });
    return errorText === undefined ? undefined : String(errorText);
  }

  /** What an expression is on the page; undefined while one page gives way to the next. */
  async value(expression: string): Promise<unknown> {
    const told = await this.call("Runtime.evaluate", { expression, returnByValue: true }).catch(() => ({}));
    return (told as { result?: { value?: unknown } }).result?.value;
  }

  /** Waits until the page's text shows something; gives the text. */
  async until(what: RegExp, ms = ANSWER_MS): Promise<string> {
    const end = Date.now() + ms;
    for (;;) {
      const text = String((await this.value("document.body.innerText")) ?? "");
      if (what.test(text)) return text;
      if (Date.now() > end) throw new Error(`${what} does not come:\n${text}`);
      await Bun.sleep(50);
    }
  }

  /** Types text where the cursor is, as a keyboard does, and then Enter. */
  async typeLine(text: string): Promise<void> {
    await this.call("Input.insertText", { text });
    const key = { key: "Enter", code: "Enter", windowsVirtualKeyCode: 13 };
    await this.call("Input.dispatchKeyEvent", { type: "keyDown", text: "\r", ...key });
    await this.call("Input.dispatchKeyEvent", { type: "keyUp", ...key });
  }

  /** Presses the button with this label, where it stands on the page. */
  async press(label: string): Promise<void> {
    const button = `[...document.querySelectorAll("input[type=submit]")].find((one) => one.value === ${JSON.stringify(label)})`;
    const place = (await this.value(
      `(() => { const b = ${button}; b?.scrollIntoView(); const r = b?.getBoundingClientRect(); return r && [r.x + r.width / 2, r.y + r.height / 2] })()`,
    )) as [number, number] | null | undefined;
    if (!place) throw new Error(`there is no button ${label}`);
    const [x, y] = place;
    for (const type of ["mousePressed", "mouseReleased"]) {
      await this.call("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 });
    }
  }

  /** A picture of what is seen, in PNG. */
  async picture(): Promise<Uint8Array> {
    const { data } = await this.call("Page.captureScreenshot", { format: "png", captureBeyondViewport: true });
    return Uint8Array.from(Buffer.from(String(data), "base64"));
  }

  async close(): Promise<void> {
    const isOver = this.#child.exitCode !== null || this.#child.signalCode !== null;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    for (const tell of this.#waiting.values()) tell({ error: { message: "the browser was closed" } });
    this.#child.kill("SIGKILL");
    if (!isOver) await ended;
    // What it has started may still write there for a moment.
    rmSync(this.#home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
