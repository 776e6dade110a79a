import { messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import { standardOutput } from "../host/standard-streams.ts";
import { type Ask, askOn } from "../ui/ask.ts";
import type { Consoles } from "../ui/consoles.ts";
import { terminalReporter } from "../ui/reporters.ts";
import { type FullScreen, openFullScreen } from "../ui/screens/full-screen.ts";
import { asciiGlyphs, unicodeGlyphs } from "../ui/screens/glyphs.ts";
import { loadDrawer } from "../ui/screens/load-drawer.ts";
import { isUtf8, type Ui, whichUi } from "../ui/screens/which-ui.ts";

/** Whoever started a command: how they are asked, and told what goes on. */
export interface Seated {
  readonly ask: Ask;
  readonly reporter: Reporter;
  /** Gives the terminal back; the last lines stay on it. */
  close(): void;
}

/** The alternate screen of an xterm, which leaves what was on it before alone; other terminals ignore these. */
const ENTER = "\x1b[?1049h";
const LEAVE = "\x1b[?1049l";
/** Lines that stay on the terminal when full screens end. */
const LAST_LINES = 30;

/** A shell on the terminal that the command was started on. */
async function shellOn(host: Host, consoles: Consoles, path: string): Promise<void> {
  consoles.write(msg`\nLeave the shell with "exit" to come back.\n`);
  await consoles.drain(500);
  consoles.suspend(path);
  try {
    await host.run({ argv: [host.env.SHELL ?? "/bin/sh"], terminal: true, accept: "any" });
  } catch (error) {
    consoles.write(msg`No shell: ${messageOf(error)}\n`);
  } finally {
    consoles.resume(path);
  }
}

async function fullScreenOn(host: Host, consoles: Consoles, title: string): Promise<FullScreen | undefined> {
  const [path] = consoles.paths;
  if (path === undefined) return undefined;
  const glyphs = isUtf8(host.env) ? unicodeGlyphs : asciiGlyphs;
  const draw = await loadDrawer();
  const shell = (terminal: string) => shellOn(host, consoles, terminal);
  return openFullScreen(
    { host, consoles, draw, glyphsOf: () => glyphs, title, enter: ENTER, leave: LEAVE, shell },
    path,
  );
}

function seatedOn(full: FullScreen, host: Host, consoles: Consoles): Seated {
  const output = { write: consoles.write, nowMs: () => host.nowMs(), columns: consoles.columns };
  const shown = terminalReporter(output);
  return {
    ask: full,
    reporter: {
      ...shown,
      step(text) {
        full.progress(undefined);
        shown.step(text);
      },
      progress(progress) {
        full.progress(progress.total > 0 ? Math.min(1, progress.done / progress.total) : undefined);
        shown.progress(progress);
      },
    },
    close() {
      full.close();
      consoles.write(
        full.lines
          .slice(-LAST_LINES)
          .map((line) => `${line}\n`)
          .join(""),
      );
    },
  };
}

/** Seats whoever started a command in front of full screens, where `whichUi` says so; else they have plain lines. */
export async function seatPerson(
  host: Host,
  consoles: Consoles,
  plain: Reporter,
  title: string,
  wish: Ui | undefined,
): Promise<Seated> {
  const term = standardOutput.isTerminal ? host.env.TERM : undefined;
  const ui = whichUi({ term, consoles: consoles.paths.length, ...(wish === undefined ? {} : { wish }) });
  const full = ui === "full" ? await fullScreenOn(host, consoles, title) : undefined;
  return full ? seatedOn(full, host, consoles) : { ask: askOn(consoles), reporter: plain, close() {} };
}
