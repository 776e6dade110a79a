/** `mondoarchive` without words on a terminal: its questions, the command line that they mean, a job, the backup. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { executable, inPrivateMounts } from "../support/mondo.ts";
import { PtySession } from "../support/pty-session.ts";

const test = suite<{ work: string }>("a backup by questions");
const ESC = "\x1b";
const DOWN = `${ESC}[B`;
const MOST_BYTES = 400;

test.before.each((context) => {
  context.work = mkdtempSync(join(tmpdir(), "mondo-ask-"));
  for (const name of ["etc", "out", "lib"]) mkdirSync(join(context.work, name));
});
test.after.each(({ work }) => rmSync(work, { recursive: true, force: true }));

/** With a configuration of its own. */
const around = (work: string, line: string) =>
  `mount -t tmpfs none /run; mkdir -p /etc/mondo; mount --bind ${work}/etc /etc/mondo; ${line}`;

async function on(
  work: string,
  words: string,
  term: string,
  play: (session: PtySession) => Promise<void>,
): Promise<void> {
  const script = around(
    work,
    `status=0; bash -c 'exec -a mondoarchive "$0" "$@"' ${executable} ${words} || status=$?; echo "OUTCOME $status"`,
  );
  const argv = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script];
  const session = new PtySession(argv, { TERM: term, LC_ALL: "C", PATH: process.env.PATH ?? "" });
  try {
    await play(session);
  } finally {
    await session.end();
  }
}

test("on full screens: what is typed wrong is said, and the form becomes a job and a command line", async ({
  work,
}) => {
  const record = join(work, "answers.json");
  await on(work, `--record ${record}`, "vt220", async (session) => {
    await session.until(/Medium\n[\s\S]*ISO images in a directory/);
    await session.press("1\r");
    await session.until(/Directory/);
    await session.press("\x15/no/where\r");
    await session.until(/\/no\/where does not exist/);
    await session.press(`\x15${work}/out\r`);
    await session.until(/mondoarchive -Oi -d \S+out[\s\S]*What shall be changed\?/);
    for (const key of [DOWN, `${ESC}[A`]) assert.ok((await session.press(key)) <= MOST_BYTES);
    await session.press("6\r");
    await session.until(/Level/);
    // It is said before Enter.
    await session.press("12");
    await session.until(/> 12\n--level 12 is not a number from 0 to 9/);
    await session.press("\r");
    await session.until(/--level 12 is not a number from 0 to 9/);
    await session.press("\x151\r");
    await session.until(/--level 1|Level +1/);
    await session.press("7\r");
    await session.until(/Include/);
    await session.press("/etc/hostname\r");
    await session.until(/-I \/etc\/hostname/);
    await session.press(`${ESC}[F${ESC}[A\r`);
    await session.until(/Name of the job/);
    await session.press("small\r");
    await session.until(/What shall be changed\?/);
    await session.press(`${ESC}[F\r`);
    await session.until(/OUTCOME 10/);
  });
  const path = join(work, "etc/mondo.d/small.toml");
  assert.is(statSync(path).mode & 0o777, 0o600);
  const text = readFileSync(path, "utf8");
  assert.match(text, /^\[jobs\.small\]\n/);
  assert.match(text, /^include = \["\/etc\/hostname"\]$/m);
  const { status, out, err } = inPrivateMounts(around(work, `${executable} config check`));
  assert.is(status, 0, err);
  assert.match(out, /1 job, nothing is wrong/);
  const { asked } = JSON.parse(readFileSync(record, "utf8"));
  assert.ok(
    asked.some(
      ({ question, answer }: { question: string; answer: string }) =>
        question === "Include" && answer === "/etc/hostname",
    ),
  );
});

test("by lines, with a job that is there: it is offered first", async ({ work }) => {
  writeFileSync(join(work, "etc/mondo.toml"), `[jobs.nightly]\ndir = "${work}/out"\n`, { mode: 0o600 });
  await on(work, "--ui plain", "xterm", async (session) => {
    await session.until(/1 {2}The job nightly: mondoarchive -O -d \S+[\s\S]*Number/);
    await session.press("new\r");
    await session.until(/Medium\n[\s\S]*Number/);
    await session.press("images\r");
    await session.until(/Directory[\s\S]*: $/);
    await session.press("etc\r");
    await session.until(/etc does not exist|not an absolute path/);
    await session.press(`${work}/out\r`);
    await session.until(/What shall be changed\?[\s\S]*Make this backup now[\s\S]*Number/);
    await session.press("leave\r");
    await session.until(/OUTCOME 10/);
    assert.not.ok(session.raw.includes(ESC));
  });
});

test("answers of a file make the backup where nobody is, and one that is missing is named", ({ work }) => {
  const tree = join(work, "lib/tree");
  mkdirSync(tree, { recursive: true });
  const answers = join(work, "answers.json");
  const asked = [
    { question: "Medium", answer: "stream" },
    { question: "File or device", answer: `${work}/out/web1.stream` },
    { question: "What shall be changed?", answer: "start" },
  ];
  const write = (list: typeof asked) =>
    writeFileSync(answers, JSON.stringify({ version: 1, ui: "plain", asked: list }));
  const run = () =>
    inPrivateMounts(around(work, `${executable} archive --answers ${answers} --unattended < /dev/null`));
  write(asked.slice(0, 2));
  const missing = run();
  assert.is(missing.status, 2, missing.out);
  assert.match(missing.err, /no answer was given in advance to: What shall be changed\?/);
  assert.not.ok(existsSync(join(work, "out/web1.stream")));
  write([{ question: "Medium", answer: "floppy" }]);
  assert.match(run().err, /the answer "floppy" in \S+ is not possible/);
});

test("without a terminal it is as before, and questions don't go with other options", ({ work }) => {
  const plain = inPrivateMounts(around(work, `bash -c 'exec -a mondoarchive ${executable}' < /dev/null`));
  assert.is(plain.status, 2);
  assert.match(plain.err, /neither -O nor -V is given|no target is given/);
  const mixed = inPrivateMounts(around(work, `${executable} archive --record x -d /srv`));
  assert.match(mixed.err, /--record is for questions, and --dir says what to do/);
});

test.run();
