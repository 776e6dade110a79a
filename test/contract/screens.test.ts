/**
 * The restore with questions on a terminal: full screens, keys as terminals send them, and how many bytes each costs.
 * The machine is made up; nothing is written.
 */
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { PtySession } from "../support/pty-session.ts";

const GIB = 1 << 30;
const PROGRAM = join(import.meta.dirname, "../support/restore-on-terminal.ts");
/** 400 bytes take less than half a second at 9600 baud. */
const MOST_BYTES = 400;
const ESC = "\x1b";
const [UP, DOWN, PAGE_DOWN] = [`${ESC}[A`, `${ESC}[B`, `${ESC}[6~`];

/** The screen of a machine, a serial line, and what tmux and screen call themselves. */
const TERMS = ["linux", "vt220", "tmux-256color", "screen"];

interface Wish {
  readonly term?: string;
  readonly locale?: string;
  readonly held?: readonly string[];
  readonly disks?: Readonly<Record<string, number>>;
  readonly before?: string;
  readonly columns?: number;
  readonly rows?: number;
  readonly ui?: "full" | "plain";
}

async function on(wish: Wish, work: (session: PtySession) => Promise<void>): Promise<void> {
  const { term = "vt220", locale = "C", held = [], disks = { vda: 12 * GIB, vdb: 2 * GIB }, ui } = wish;
  const words = JSON.stringify({ disks, held, ui });
  const line = `${wish.before ?? ":"}; exec "$0" "$1" "$2"`;
  const argv = ["sh", "-c", line, process.execPath, PROGRAM, words];
  const session = new PtySession(argv, { TERM: term, LC_ALL: locale }, wish.columns, wish.rows);
  try {
    await work(session);
  } finally {
    await session.end();
  }
}

for (const term of TERMS) {
  test(`${term}: a person gets from the set to the last word, and every key costs at most ${MOST_BYTES} bytes`, async () => {
    await on({ term, disks: { vda: 12 * GIB }, held: ["vda"] }, async (session) => {
      await session.until(/Restore 1\/4[\s\S]*Is this the one to restore\?/);
      await session.until(/\/dev\/vg0\/data +6\.0 GiB/);
      assert.ok((await session.press(DOWN)) <= MOST_BYTES);
      assert.ok((await session.press(UP)) <= MOST_BYTES);
      await session.press("\r");
      // It holds what nobody knows: only a person may give it up.
      await session.until(/Which disk shall become \/dev\/sda[\s\S]*> 1 {2}\/dev\/vda/);
      await session.press("1\r");
      await session.until(/Is all of it to be lost\?[\s\S]*> 2 {2}No/);
      assert.ok((await session.press(UP)) <= MOST_BYTES);
      await session.press("\r");
      await session.until(/Restore 2\/4[\s\S]*Restore like this\?/);
      await session.press(PAGE_DOWN);
      await session.until(/vda now +\|.*\|\n.*vda then +\|1? ?.*\|/);
      for (const key of [UP, UP, DOWN, "1", "2", "1"]) {
        const bytes = await session.press(key);
        assert.ok(bytes > 0 && bytes <= MOST_BYTES, `${JSON.stringify(key)}: ${bytes}`);
      }
      await session.press(`${ESC}[F${UP}\r`);
      await session.until(/Restore 2\/4: each step/);
      await session.until(/Make volumes|Partition/);
      for (const key of [DOWN, DOWN, UP]) assert.ok((await session.press(key)) <= MOST_BYTES);
      await session.press("\r");
      await session.until(/Restore like this\?/);
      await session.press("1\r");
      await session.until(/Check these media, too[\s\S]*> 1 {2}Yes/);
      await session.press("2\r");
      await session.until(/Restore 3\/4: what will be destroyed[\s\S]*type its name \(vda\)/);
      await session.until(/! \/dev\/vda, 12\.0 GiB: something that this version doesn't know/);
      for (const letter of "vdb") assert.ok((await session.press(letter)) <= 60);
      await session.press("\r");
      await session.until(/That is not what is shown above/);
      // Escape leads back to the disks; nothing was agreed to.
      await session.press(ESC, 400);
      await session.until(/Restore 2\/4/);
      await session.press("1\r");
      await session.until(/Check these media, too/);
      await session.press("2\r");
      await session.until(/type its name/);
      await session.press("vda\r");
      // The machine refuses to be written to: the restore begins, and ends with that.
      await session.until(/OUTCOME .*(refused|does not)/);
    });
  });
}

for (const term of TERMS) {
  test(`${term}: the layout is changed, value by value, with what is wrong said while one types`, async () => {
    await on({ term }, async (session) => {
      const type = async (text: string) => {
        for (const letter of text) {
          const bytes = await session.press(letter, 60);
          assert.ok(bytes <= MOST_BYTES, `${letter} of ${text}: ${bytes}`);
        }
      };
      await session.until(/Is this the one to restore\?/);
      await session.press("\r");
      await session.until(/Restore like this\?/);
      await session.press(`${ESC}[F${UP}${UP}\r`);
      await session.until(/ Change the layout\n\n\/dev\/sda[\s\S]*\/dev\/vg0\/data[\s\S]*> 1 {2}Change something/);
      await session.press("?");
      await session.until(/Help: Change the layout[\s\S]*mondo help edit has all of it/);
      await session.press(ESC, 400);
      await session.press("\r");
      await session.until(/What shall be changed\?\n> 1 {2}\/dev\/sda/);
      await session.press("3\r");
      await session.until(/ Change the layout: \/dev\/vg0\/data\n[\s\S]*> 1 {2}type: another[\s\S]*TYPE\. For example/);
      for (const key of [DOWN, UP]) assert.ok((await session.press(key)) <= MOST_BYTES);
      await session.press("\r");
      await session.until(/One of ext4, [\s\S]*For example: root\.type=xfs/);
      await type("xf");
      await session.until(/> xf\n.*file systems of the type xf can't be made/);
      await session.press("\r");
      await session.until(/Choose one of/);
      await type("s");
      await session.until(/> xfs\n\n/);
      await session.press("\r");
      await session.until(/Changes so far: 1[\s\S]*\/dev\/vg0\/data.*xfs/);
      // Undo and redo, and the file.
      await session.press("2\r");
      await session.until(/swap\n[\s\S]*2 {2}Redo what was undone/);
      await session.press("2\r");
      await session.until(/Changes so far: 1[\s\S]*3 {2}Drop all changes\n {2}4 {2}Save the changes to a file/);
      await session.press("4\r");
      await session.until(/Change the layout: to a file[\s\S]*\[\/tmp\/edits\.json\]/);
      await session.press(ESC, 400);
      await session.until(/Changes so far: 1/);
      // Back asks before it drops anything.
      await session.press(ESC, 400);
      await session.until(/Shall what was changed here be dropped\?[\s\S]*> 2 {2}No/);
      await session.press(ESC, 400);
      await session.until(/Changes so far: 1/);
      await session.press(ESC, 400);
      await session.until(/Shall what was changed here be dropped\?/);
      await session.press("1\r");
      await session.until(/Restore like this\?/);
      await session.press(`${ESC}[F\r`);
      await session.until(/OUTCOME stopped/);
    });
  });
}

test("by lines the layout is changed by the same questions", async () => {
  await on({ ui: "plain" }, async (session) => {
    await session.until(/Restore like this\?[\s\S]*Number: $/);
    await session.press("edit\r");
    await session.until(/The layout to restore[\s\S]*Number \[1\]: $/);
    await session.press("\r");
    await session.until(/What shall be changed\?[\s\S]*: $/);
    await session.press("/dev/vg0/data\r");
    await session.until(/What of \/dev\/vg0\/data\?[\s\S]*: $/);
    await session.press("size\r");
    await session.until(/Value of \/dev\/vg0\/data\.size \(SIZE\), or Enter to go back: $/);
    await session.press("many\r");
    await session.until(/"many" is not a size\. Write a number[\s\S]*Value of .*: $/);
    await session.press("\r");
    await session.until(/The layout to restore[\s\S]*Number \[1\]: $/);
    await session.press("\x03");
    await session.until(/OUTCOME .*cancelled|OUTCOME .*\^C/);
  });
});

test("a step that is longer than a row goes on in the next one", async () => {
  await on({}, async (session) => {
    await session.until(/Is this the one to restore\?/);
    await session.press("\r");
    await session.until(/Restore 2\/4[\s\S]*Restore like this\?/);
    await session.press(`${ESC}[F${UP}\r`);
    await session.until(/Restore 2\/4: each step[\s\S]*Set LVM's list of devices aside[^\n]*\n {2}\S/);
    assert.ok(session.screen.text.every((row) => row.length < 80));
  });
});

test("only ASCII goes to a terminal that is not UTF-8, and letters beyond it to one that is", async () => {
  for (const [locale, pattern] of [
    ["C", /^\p{ASCII}*$/u],
    ["C.UTF-8", /[│░]/],
  ] as const) {
    await on({ locale }, async (session) => {
      await session.until(/Is this the one/);
      await session.press("\r");
      await session.until(/Restore 2\/4/);
      await session.press(PAGE_DOWN);
      assert.match(session.raw, pattern);
    });
  }
});

test("a serial line that knows no size has 24 rows of 80 columns", async () => {
  await on({ before: "stty rows 0 cols 0" }, async (session) => {
    await session.until(/Is this the one to restore\?\n> 1 {2}Go on/);
    assert.match(session.screen.text[23] ?? "", /^Up Down Enter/);
  });
});

test("another size is drawn anew, even one that nothing fits on", async () => {
  await on({ term: "xterm" }, async (session) => {
    await session.until(/Is this the one/);
    for (const [columns, rows] of [
      [120, 40],
      [20, 5],
      [80, 24],
    ] as const) {
      session.resize(columns, rows);
      await session.press("\x0c", 400);
      if (rows > 12) await session.until(/Is this the one to restore\?[\s\S]*Up Down Enter/);
    }
    await session.press("2\r");
    await session.until(/OUTCOME stopped/);
  });
});

test("garbage, NUL, ^D, half sequences and mice neither answer nor end a question", async () => {
  await on({}, async (session) => {
    await session.until(/Is this the one/);
    const noise = Uint8Array.from(
      { length: 600 },
      (_, at) => [0, 4, 0x80 + (at % 128), 0x41 + (at % 5), 0x5b][at % 5] ?? 0,
    );
    await session.press(noise);
    await session.press(`${ESC}[<0;10;10M${ESC}[200~${ESC}[999;999H${ESC}O`, 400);
    await session.press("\x0c");
    await session.until(/Is this the one to restore\?[\s\S]*Up Down Enter/);
    await session.press("?");
    await session.until(/Help: Restore 1\/4/);
    await session.press(ESC, 400);
    await session.press("l");
    await session.until(/What happened so far/);
    await session.press("\r");
    await session.until(/Is this the one/);
  });
});

test("^C goes back without an answer, and leaves the terminal as it was", async () => {
  await on({ term: "xterm" }, async (session) => {
    await session.until(/Is this the one/);
    await session.press("\x03");
    await session.until(/OUTCOME stopped/);
    assert.ok(session.raw.lastIndexOf(`${ESC}[?1049l`) > session.raw.lastIndexOf(`${ESC}[?1049h`));
    assert.match(session.shown, /Backup of web1/);
  });
});

test("dumb terminals, and those who want lines, get the plain questions", async () => {
  for (const wish of [{ term: "dumb" }, { term: "xterm", ui: "plain" }] as const) {
    await on(wish, async (session) => {
      await session.until(/Restore like this\?[\s\S]*Number: $/);
      assert.not(session.raw.includes(ESC));
      await session.press("back\r");
      await session.until(/OUTCOME stopped/);
    });
  }
});

/** Questions that another program asks. */
async function asked(by: string, term: string, work: (session: PtySession) => Promise<void>): Promise<void> {
  const program = join(import.meta.dirname, "../support", by);
  const session = new PtySession([process.execPath, program], { TERM: term, LC_ALL: "C" });
  try {
    await work(session);
  } finally {
    await session.end();
  }
}

for (const term of TERMS) {
  test(`${term}: a person says where the backup is, field by field, and goes back over them`, async () => {
    await asked("source-on-terminal.ts", term, async (session) => {
      const type = async (text: string) => {
        for (const letter of text) {
          const bytes = await session.press(letter, 60);
          assert.ok(bytes <= MOST_BYTES, `${letter} of ${text}: ${bytes}`);
        }
      };
      await session.until(/Where the backup is[\s\S]*Now it is that of web1 on sr0\.[\s\S]*> 1 {2}web1, 2026-11-29/);
      await type("4");
      await session.until(/> 4 {2}In a directory of a server/);
      await session.press("\r");
      await session.until(/NFS +192\.168\.1\.9:\/srv\/backup/);
      await type("nas");
      await session.until(/Not a place yet\. Expected: SERVER:\/EXPORT/);
      await session.press("\r");
      await session.until(/Where is it\?/);
      await type(":/srv");
      await session.until(/> nas:\/srv\n\nEnter done/);
      // There and back again.
      await session.press("\r");
      await session.until(/Name of the backup/);
      await session.press(ESC, 400);
      await session.until(/Where is it\?/);
      await session.press(ESC, 400);
      await session.until(/> 1 {2}web1, 2026-11-29/);
      await session.press("4\r");
      await session.until(/Where is it\?/);
      await type("nas:/srv");
      await session.press("\r");
      await session.until(/Name of the backup/);
      await session.press("\r");
      await session.until(/> 1 {2}The card that has a cable[\s\S]*eth1 \(e1000, 52:54:00:12:34:51\), without a cable/);
      await session.press("3\r");
      await session.until(/How does eth1 get its address\?/);
      await session.press("3\r");
      await session.until(/Its address, with the length of the network/);
      await type("10.0.0.5");
      await session.until(/192\.168\.1\.20\/24/);
      await type("/24");
      await session.press("\r");
      await session.until(/Gateway, or Enter/);
      await type("10.0.1.1");
      await session.until(/10\.0\.1\.1 is not in the network of 10\.0\.0\.5\/24/);
      await session.press("\x15");
      await session.press("\r");
      await session.until(/Name server, or Enter/);
      await session.press("\r");
      await session.until(
        /OUTCOME \{"kind":"server","place":"nas:\/srv","prefix":"","card":"eth1","method":"static","address":"10\.0\.0\.5\/24","gateway":"","nameServer":""\}/,
      );
    });
  });
}

test("Esc at the first question where the backup is leaves everything as it was", async () => {
  await asked("source-on-terminal.ts", "vt220", async (session) => {
    await session.until(/Where the backup is/);
    await session.press(ESC, 400);
    await session.until(/OUTCOME "back"/);
  });
});

test("a pass phrase is typed in a layout that is named, twice the same, and never shown", async () => {
  await asked("secrets-on-terminal.ts", "linux", async (session) => {
    await session.until(/The keyboard is German\. Is that right\?/);
    await session.press("2\r");
    await session.until(/Which layout has the keyboard\?[\s\S]*> *\d+ {2}German \(de\)/);
    await session.press(ESC, 400);
    await session.until(/The keyboard is German\. Is that right\?/);
    await session.press("2\r");
    await session.until(/Which layout has the keyboard\?/);
    await session.press("17\r");
    await session.until(/The keyboard is French\. Is that right\?/);
    await session.press("1\r");
    await session.until(/Pass phrase for the LUKS volume \/dev\/vda3 \(home, UUID u\)/);
    await session.press("\r");
    await session.until(/Please type a pass phrase\./);
    for (const letter of "opén") assert.ok((await session.press(letter, 60)) <= MOST_BYTES);
    await session.until(/> \*{4}$/m);
    await session.press("\r");
    await session.until(/The same again/);
    await session.press("open\r");
    await session.until(/The two were not the same\.[\s\S]*Pass phrase for/);
    await session.press("sesame\r");
    await session.until(/The same again/);
    await session.press("sesame\r");
    await session.until(/OUTCOME 6 bytes, French/);
    assert.not.match(session.raw, /sesame|opén/);
  });
});

test("Esc leads back from a pass phrase, and from the question about the keyboard", async () => {
  for (const keys of [ESC, `1\r`]) {
    await asked("secrets-on-terminal.ts", "linux", async (session) => {
      await session.until(/The keyboard is German/);
      await session.press(keys, 400);
      if (keys !== ESC) {
        await session.until(/Pass phrase for/);
        await session.press(ESC, 400);
      }
      await session.until(/OUTCOME the question (about the keyboard )?was answered with/);
    });
  }
});

test("in a real tmux of 80 columns and 24 rows the screens are as elsewhere", async () => {
  const socket = `mondo-screens-${process.pid}`;
  const tmux = (...words: string[]) => {
    const { stdout, stderr, exitCode } = Bun.spawnSync(["tmux", "-L", socket, "-f", "/dev/null", ...words], {
      env: { PATH: process.env.PATH ?? "", TERM: "xterm", LC_ALL: "C.UTF-8" },
    });
    assert.is(exitCode, 0, stderr.toString());
    return stdout.toString();
  };
  const shows = async (what: RegExp) => {
    const end = Date.now() + 60_000;
    for (;;) {
      const shown = tmux("capture-pane", "-p");
      if (what.test(shown)) return;
      if (Date.now() > end) throw new Error(`${what} does not come:\n${shown}`);
      await Bun.sleep(100);
    }
  };
  const words = JSON.stringify({ disks: { vda: 12 * GIB, vdb: 2 * GIB }, held: [] });
  tmux("new-session", "-d", "-x", "80", "-y", "24", process.execPath, PROGRAM, words);
  try {
    await shows(/^ Restore 1\/4[\s\S]*Is this the one to restore\?\n> 1 {2}Go on\n[\s\S]*Up Down Enter/);
    tmux("send-keys", "F1");
    await shows(/^ Help: Restore 1\/4/);
    tmux("send-keys", "Escape");
    await shows(/^ Restore 1\/4/);
    tmux("send-keys", "Enter");
    await shows(/^ Restore 2\/4[\s\S]*Restore like this\?/);
    tmux("send-keys", "PageDown");
    await shows(/vda now +[│░]+/);
    tmux("send-keys", "Home", "Down");
    await shows(/\n> 2 {2}Choose other disks/);
    tmux("resize-window", "-x", "100", "-y", "30");
    await shows(/Restore like this\?[\s\S]*\n> 2 {2}Choose other disks[\s\S]*\nUp Down Enter.*\n$/);
  } finally {
    tmux("kill-server");
  }
});

test.run();
