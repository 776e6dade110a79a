import { dirname, join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { call, executable, mondo } from "../support/mondo.ts";

/** What a person sees on a terminal of that size. */
const onTerminal = (rows: number, columns: number, command: string) =>
  call(["script", "-qec", `stty rows ${rows} cols ${columns}; ${command}`, "/dev/null"]).out.replaceAll("\r", "");

test("help that is longer than the terminal goes through the person's pager, wrapped to its columns", () => {
  const shown = onTerminal(10, 60, `PAGER='sed s/^/P:/' ${executable} help archive`);
  assert.match(shown, /^P:Usage: mondo archive/m);
  for (const line of shown.split("\n").filter((text) => !/^P: {2}mondo/.test(text))) assert.ok(line.length <= 62, line);
});

test("help that fits, or goes to no terminal, needs no pager", () => {
  assert.match(onTerminal(60, 100, `PAGER='sed s/^/P:/' ${executable} help version`), /^Usage: mondo version/m);
  assert.match(mondo("help", "boot").out, /^ {2}nuke \| nuke_mode/m);
});

test("--help behind other options explains the command", () => {
  const classic = call([join(dirname(executable), "mondoarchive"), "-O", "--help"]);
  assert.is(classic.status, 0);
  assert.match(classic.out, /^ +mondoarchive -O/m);
  const helped = mondo("archive", "-O", "--help");
  assert.is(helped.status, 0);
  assert.match(helped.out, /^Usage: mondo archive/);
});

test("a misspelt command or option is answered with the one that was meant", () => {
  assert.match(
    mondo("archvie").err,
    /^mondo: there is no command "archvie"\n {2}Did you mean archive\? Run "mondo help"/,
  );
  assert.match(mondo("archive", "--exlude=/tmp").err, /unknown option --exlude\n {2}Did you mean --exclude\?/);
  assert.match(mondo("archive", "-OZi").err, /unknown option -Z in -OZi\n/);
  assert.match(mondo("help", "bot").err, /Did you mean boot\?/);
});

test.run();
