/** Single files of a backup, chosen on a terminal: the tree, a search, marks, and where they go. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { PtySession } from "../support/pty-session.ts";
import { shell } from "../unit/archive/odd-tree.ts";
import { saveSet } from "../unit/archive/saved-set.ts";

const test = suite<{ work: string }>("files on a terminal");
const PROGRAM = join(import.meta.dirname, "../support/files-on-terminal.ts");
const MOST_BYTES = 400;
const ESC = "\x1b";
const [UP, DOWN, LEFT, HOME] = [`${ESC}[A`, `${ESC}[B`, `${ESC}[D`, `${ESC}[H`];

test.before.each(async (context) => {
  context.work = mkdtempSync(join(tmpdir(), "mondo-files-"));
  shell(
    context.work,
    `mkdir -p tree/etc/ssh tree/home/ann tree/many out; cd tree; printf saved > etc/fstab; printf conf > etc/ssh/sshd_config
    printf key > etc/ssh/key; printf note > home/ann/note; for i in $(seq 100 399); do printf $i > many/file$i; done`,
  );
  await saveSet(join(context.work, "tree"), join(context.work, "set"), { threads: 0 });
});
test.after.each(({ work }) => rmSync(work, { recursive: true, force: true }));

async function on(
  work: string,
  wish: { readonly term?: string; readonly ui?: "full" | "plain" },
  play: (session: PtySession) => Promise<void>,
): Promise<void> {
  const words = JSON.stringify({ set: join(work, "set"), ui: wish.ui });
  const session = new PtySession([process.execPath, PROGRAM, words], { TERM: wish.term ?? "vt220", LC_ALL: "C" });
  try {
    await play(session);
  } finally {
    await session.end();
  }
}

for (const term of ["linux", "vt220"]) {
  test(`${term}: files are marked in the tree and go into a directory; a key costs at most ${MOST_BYTES} bytes`, async ({
    work,
  }) => {
    await on(work, { term }, async (session) => {
      await session.until(/Files: \/\s[\s\S]*What shall be restored\?[\s\S]*\[ \] etc\/ +5 entries, 12 B/);
      assert.ok((await session.press(DOWN)) <= MOST_BYTES);
      await session.press(`${UP}\r`);
      await session.until(/Files: \/etc[\s\S]*> 3 +\[ \] ssh\//);
      const bytes = await session.press(" ");
      assert.ok(bytes > 0 && bytes <= MOST_BYTES, `${bytes}`);
      await session.until(/Marked: 3 entries, 7 B[\s\S]*\[x\] ssh\//);
      // One of the files below is left out again.
      await session.press("\r");
      await session.until(/Files: \/etc\/ssh[\s\S]*\[x\] key/);
      await session.press("\r");
      await session.until(/Marked: 2 entries, 4 B[\s\S]*\[ \] key/);
      await session.press(LEFT);
      await session.until(/Files: \/etc\s[\s\S]*> 4 +\[-\] ssh\//);
      await session.press(ESC, 400);
      await session.until(/Files: \/\s[\s\S]*\[-\] etc\//);
      // A long directory, and a search in all of the backup.
      await session.press(HOME);
      await session.press("\r");
      await session.until(/Search for/);
      await session.press("note\r");
      await session.until(/\/home\/ann\/note[\s\S]*Mark all of these \(1 entry, 4 B\)/);
      await session.press("1\r");
      await session.until(/Marked: 3 entries, 8 B/);
      await session.press(`${HOME}${DOWN}\r`);
      await session.until(/Where shall they go\?/);
      await session.press("2\r");
      await session.until(/Directory\n/);
      await session.press("/nowhere\r");
      await session.until(/That is no directory/);
      await session.press(`\x15${join(work, "out")}\r`);
      await session.until(/files that exist already\?/);
      await session.press("1\r");
      await session.until(/What: 3 entries, 8 B[\s\S]*Restore these files now\?/);
      await session.press("1\r");
      await session.until(/The files are restored\. F2/);
      await session.press("\r");
      await session.until(/OUTCOME done/);
    });
    assert.is(shell(work, "cd out; find . -type f | sort"), "./etc/ssh/sshd_config\n./home/ann/note\n");
  });
}

test("what is marked is not lost by going back, and leaving asks", async ({ work }) => {
  await on(work, {}, async (session) => {
    await session.until(/What shall be restored\?/);
    await session.press(" ");
    await session.until(/Marked: 5 entries/);
    await session.press(`${HOME}${DOWN}\r`);
    await session.until(/Where shall they go\?/);
    await session.press(ESC, 400);
    await session.until(/Marked: 5 entries/);
    await session.press(ESC, 400);
    await session.until(/Leave, and restore nothing/);
    await session.press("\r");
    await session.until(/Marked: 5 entries/);
    await session.press(ESC, 400);
    await session.until(/Leave, and restore nothing/);
    await session.press(`${UP}\r`);
    await session.until(/OUTCOME stopped/);
  });
});

test("the same by lines", async ({ work }) => {
  await on(work, { ui: "plain" }, async (session) => {
    await session.until(/1 {2}\[ \] etc\/[\s\S]*Files \(\? for help\): $/);
    await session.press("3\r");
    await session.until(/\/many, 1 to 20 of 300/);
    await session.press("n\r");
    await session.until(/21 {2}\[ \] file120[\s\S]*: $/);
    await session.press("+21,23-24\r");
    await session.until(/\[x\] file120[\s\S]*Marked: 3 entries, 9 B[\s\S]*: $/);
    await session.press("hello\r");
    await session.until(/NUMBER opens a directory[\s\S]*: $/);
    await session.press("-[z-a]\r");
    await session.until(/a range in it runs backwards[\s\S]*: $/);
    await session.press("+sshd*\r");
    await session.until(/Marked: 4 entries/);
    await session.press("go\r");
    await session.until(/Where shall they go\?[\s\S]*Number/);
    await session.press("directory\r");
    await session.until(/Directory: $/);
    await session.press(`${join(work, "out")}\r`);
    await session.until(/exist already\?[\s\S]*Number/);
    await session.press("copy\r");
    await session.until(/now\?[\s\S]*Number: $/);
    await session.press("go\r");
    await session.until(/OUTCOME done/);
    assert.not.ok(session.raw.includes(ESC));
  });
  assert.is(readFileSync(join(work, "out/etc/ssh/sshd_config"), "utf8"), "conf");
  assert.ok(existsSync(join(work, "out/many/file123")));
});

test.run();
