/** The status page in a browser as people have it, and in one that shows text alone. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { tellIn } from "../../src/base/message.ts";
import { randomOf, serveHttps } from "../../src/host/serve-https.ts";
import texts from "../../src/languages/fr.json" with { type: "json" };
import { newIdentity } from "../../src/status/open-status-page.ts";
import { statusAnswers } from "../../src/status/status-answers.ts";
import { newStatusBoard } from "../../src/status/status-board.ts";
import { newStatusDesk } from "../../src/status/status-desk.ts";
import { type Watch, watchedAsk, watchedCountdown } from "../../src/status/watched-ask.ts";
import { askOn } from "../../src/ui/ask.ts";
import { Browser } from "../support/browser.ts";
import { needing } from "../support/needing.ts";

/** Pictures to be looked at. */
const PICTURES = join(import.meta.dirname, "../../out/status-page");
const PHONE = [360, 740] as const;
const DESK = [1100, 800] as const;

/** `make test` installs both; where one is missing, its tests are skipped, and that is said. */
const inBrowser = (command: string) => {
  const isThere = Bun.which(command) !== null;
  if (!isThere) process.stdout.write(`skipped: there is no ${command} (.ci/install browser)\n`);
  return needing(test, isThere);
};
const inChromium = inBrowser("chromium");
const inLynx = inBrowser("lynx");

/** Work that goes on, at a console with a keyboard, and its page. */
function work() {
  const board = newStatusBoard(Date.now, () => [
    "/dev/vda  20.0 GiB  QEMU HARDDISK",
    "/dev/vdb  931 GiB  Samsung SSD 870 EVO",
  ]);
  const desk = newStatusDesk();
  const codes: string[] = [];
  const showCode = (code: string) => void codes.push(code);
  const source = { facts: board.facts, desk, nowMs: Date.now, random: randomOf, showCode };
  const { firstCode, answer } = statusAnswers(source);
  codes.push(firstCode);
  const identity = newIdentity(["127.0.0.1"], Date.now());
  const server = serveHttps({ port: 0, address: "127.0.0.1", ...identity }, answer);
  const spki = createHash("sha256").update(identity.key.publicKey).digest("base64");
  board.begin("Restore of web1");
  board.reporter.step("Unpack the files below /mnt/restore");
  board.reporter.warn("/etc/x: an attribute was lost");
  const progress = (done: number) =>
    board.reporter.progress({ label: "restore", done: done * 2 ** 20, total: 2 ** 30, unit: "bytes" });
  progress(0);
  const shown: string[] = [];
  const listeners = new Set<(bytes: Uint8Array) => void>();
  const press = (keys: string) => {
    for (const listener of [...listeners]) listener(new TextEncoder().encode(keys));
  };
  const onKeys = (listener: (bytes: Uint8Array) => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  const note = (text: string) => {
    board.reporter.info(text);
    shown.push(`  ${text}\n`);
  };
  const watch: Watch = { desk, said: board.said, note };
  const ask = watchedAsk(askOn({ write: (text) => void shown.push(text), onKeys }), watch);
  return {
    ...{ board, desk, codes, progress, ask, watch, press },
    console: () => shown.join(""),
    url: `https://127.0.0.1:${server.port}/`,
    /** The one certificate that the browser is to believe, as a person does who compares its fingerprint. */
    believes: `--ignore-certificate-errors-spki-list=${spki}`,
    stop: () => server.stop(),
  };
}

type Work = ReturnType<typeof work>;

async function withBrowser(size: readonly [number, number], use: (browser: Browser, work: Work) => Promise<void>) {
  const here = work();
  const browser = await Browser.open(...size, here.believes).catch((error: unknown) => {
    here.stop();
    throw error;
  });
  try {
    assert.is(await browser.goTo(here.url), undefined);
    await use(browser, here);
  } finally {
    await browser.close();
    here.stop();
  }
}

async function keepPicture(browser: Browser, name: string): Promise<void> {
  mkdirSync(PICTURES, { recursive: true });
  writeFileSync(join(PICTURES, `${name}.png`), await browser.picture());
}

/** Whether something is wider than the screen. */
const overflows = (browser: Browser) =>
  browser.value("document.documentElement.scrollWidth > document.documentElement.clientWidth");

async function logIn(browser: Browser, { codes }: Work): Promise<void> {
  await browser.until(/Code (from the|de la) console/);
  await browser.typeLine(codes.at(-1) ?? "");
  await browser.until(/Restore of web1/);
}

inChromium("a browser warns of a certificate that it doesn't know, and takes the one that it is told of", async () => {
  const here = work();
  const browser = await Browser.open(...DESK);
  try {
    assert.match((await browser.goTo(here.url)) ?? "", /ERR_CERT_AUTHORITY_INVALID/);
  } finally {
    await browser.close();
    here.stop();
  }
});

inChromium(
  "on a telephone: a wrong code is refused, the right one shows the work, which comes anew by itself",
  async () => {
    await withBrowser(PHONE, async (browser, here) => {
      await browser.until(/Code from the console/);
      assert.is(await overflows(browser), false, "the form");
      await keepPicture(browser, "1-code");
      await browser.typeLine("0000 0000");
      await browser.until(/That is not the code on the console/);
      await keepPicture(browser, "2-wrong");
      await Bun.sleep(1100);
      await logIn(browser, here);
      await browser.until(/restore {1,2}0 %/);
      here.progress(470);
      // Nobody touches the browser from here on.
      await browser.until(/restore {1,2}45 %/);
      assert.is(await browser.value("document.querySelector('progress').value"), 45);
      await keepPicture(browser, "3-work");
      assert.is(await overflows(browser), false, "the work");
      here.board.reporter.info(`/dev/disk/by-id/${"x".repeat(300)}`);
      here.board.end("done", "web1 is restored");
      await browser.until(/Done[\s\S]*web1 is restored[\s\S]*xxxx/);
      assert.is(await overflows(browser), false, "a long word");
      assert.is(await browser.value("document.querySelector('progress')"), null);
      await keepPicture(browser, "4-done");
    });
  },
);

inChromium("only where the console allows it, a browser answers what waits there", async () => {
  await withBrowser(DESK, async (browser, here) => {
    const { desk, ask, board } = here;
    await logIn(browser, here);
    const choices = [
      { key: "go", label: "Yes: erase these disks" },
      { key: "back", label: "No, go back" },
    ];
    board.reporter.info("ERASED: /dev/vda");
    const chosen = ask.menu("Restore like this?", choices);
    await browser.until(/ERASED: \/dev\/vda[\s\S]*Restore like this\?[\s\S]*answered at the console/);
    assert.is(await browser.value("document.querySelectorAll('form').length"), 0, "it only looks on");
    // A form of its own making changes nothing either.
    await browser.value(
      `document.body.innerHTML = '<form method="post" action="/"><input name="question" value="1"><input name="answer" value="go"><input type="submit" value="x"></form>'`,
    );
    await browser.press("x");
    await browser.until(/nobody has typed "allow" at the console/);
    desk.allow(true);
    await browser.until(/Restore like this\?/);
    await browser.value("location.href = '/'");
    await browser.until(/Restore like this\?(?![\s\S]*answered at the console)/);
    await keepPicture(browser, "5-allowed");
    await browser.press("Yes: erase these disks");
    assert.is(await chosen, "go");
    assert.match(
      here.console(),
      /Restore like this\?[\s\S]*Number: \n {2}Answered by a browser: Restore like this\? go\n$/,
    );
    await browser.until(/Answered by a browser: Restore like this\? go/);
    // What is typed is typed: a finger that slips erases nothing.
    const confirmed = ask.confirm("Erase the disks named above now?", false);
    await browser.until(
      /The console asks[\s\S]*ERASED: \/dev\/vda[\s\S]*Erase the disks named above now\? \(yes\/no\)/,
    );
    await browser.value("document.querySelector('input[name=answer]').focus()");
    await browser.typeLine("perhaps");
    await browser.until(/Please type yes or no/);
    await keepPicture(browser, "6-yes-or-no");
    await browser.value("document.querySelector('input[name=answer]').focus()");
    await browser.typeLine("yes");
    assert.is(await confirmed, true);
  });
});

inChromium("a pass phrase is typed at the console only; a countdown is stopped from afar", async () => {
  await withBrowser(PHONE, async (browser, here) => {
    const { desk, ask, watch, press } = here;
    desk.allow(true);
    await logIn(browser, here);
    const secret = ask.line("Pass phrase", { secret: true });
    await browser.until(/Pass phrase[\s\S]*typed at the console only/);
    assert.is(await browser.value("document.querySelectorAll('form').length"), 0);
    press("hidden\r");
    assert.is(await secret, "hidden");
    const never = (signal: AbortSignal) =>
      new Promise<"elapsed">((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    const stopped = watchedCountdown(watch, "All that is on /dev/vda is ERASED in", 10, "anybody", never);
    const text = await browser.until(/is ERASED in/);
    assert.not.match(text, /hidden/);
    await browser.press("Stop it");
    assert.is(await stopped, "stopped");
    assert.is(desk.question, undefined);
    void watchedCountdown(watch, "Unless somebody presses a key, the restore ends in", 20, "console", never);
    await browser.until(/the restore ends in[\s\S]*Only a key at the console stops it/);
    assert.is(await browser.value("document.querySelectorAll('form').length"), 0);
  });
});

inChromium("the page speaks French where the program does", async () => {
  tellIn({ language: "fr", texts });
  try {
    await withBrowser(PHONE, async (browser, here) => {
      await browser.until(/Code de la console/);
      assert.is(await browser.value("document.documentElement.lang"), "fr");
      await browser.typeLine("1");
      await browser.until(/Ce n'est pas le code/);
      await Bun.sleep(1100);
      await logIn(browser, here);
      const text = await browser.until(/En cours[\s\S]*Avertissements[\s\S]*Étapes[\s\S]*Disques[\s\S]*Journal/);
      assert.not.match(text, /\b(Warning|At work|Steps|for \d)/);
      assert.is(await overflows(browser), false);
      await keepPicture(browser, "7-french");
    });
  } finally {
    tellIn(undefined);
  }
});

/** What lynx writes on a terminal, as text. */
class LynxSession {
  #text = "";
  readonly #child;

  constructor(url: string, home: string) {
    const decoder = new TextDecoder();
    const env = { PATH: process.env.PATH ?? "", TERM: "vt100", LC_ALL: "C.UTF-8", HOME: home };
    this.#child = Bun.spawn(["lynx", `-cfg=${join(home, "lynx.cfg")}`, url], {
      env,
      terminal: {
        ...{ cols: 80, rows: 40 },
        data: (_, bytes) => {
          this.#text += decoder.decode(bytes, { stream: true });
        },
      },
    });
  }

  /** Waits for what comes after the last key. */
  async until(what: RegExp): Promise<void> {
    const end = Date.now() + 60_000;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
    const plain = () => this.#text.replace(/\x1b(\[[?0-9;]*[A-Za-z]|[()].|.)/g, " ");
    while (!what.test(plain())) {
      if (Date.now() > end) throw new Error(`${what} does not come:\n${plain()}`);
      await Bun.sleep(50);
    }
  }

  press(keys: string): void {
    this.#text = "";
    this.#child.terminal?.write(keys);
  }

  async end(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
    this.#child.terminal?.close();
  }
}

inLynx("lynx: the code is typed into the form, a question is answered, and everything can be read", async () => {
  const here = work();
  const place = mkdtempSync(join(tmpdir(), "mondo-lynx-"));
  // As a person who says yes to the certificate and to the cookie, and reads quickly.
  const answers = ["FORCE_SSL_PROMPT:yes", "FORCE_COOKIE_PROMPT:yes", "ACCEPT_ALL_COOKIES:TRUE"];
  const pauses = ["INFOSECS:0", "MESSAGESECS:0", "ALERTSECS:0"];
  writeFileSync(join(place, "lynx.cfg"), [...answers, ...pauses, ""].join("\n"));
  const session = new LynxSession(here.url, place);
  try {
    await session.until(/Code from the console/);
    session.press(`${here.codes[0]}\r\r`);
    await session.until(/Restore of web1[\s\S]*At work[\s\S]*restore +0 %[\s\S]*an attribute was lost/);
    here.desk.allow(true);
    const chosen = here.ask.menu("Restore like this?", [{ key: "go", label: "Yes: erase these disks" }]);
    session.press("\x12");
    await session.until(/Restore like this\?[\s\S]*Yes: erase these disks/);
    // Over the link that shows the page anew, to the button.
    session.press("\t\r");
    await session.until(/Answered by a browser: Restore like this\? go/);
    assert.is(await chosen, "go");
  } finally {
    await session.end();
    here.stop();
    rmSync(place, { recursive: true });
  }
});

test.run();
