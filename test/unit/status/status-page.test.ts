import { test } from "uvu";
import * as assert from "uvu/assert";
import { newStatusBoard } from "../../../src/status/status-board.ts";
import { statusPage } from "../../../src/status/status-page.ts";

function board() {
  const clock = { now: Date.UTC(2026, 10, 30, 3, 0, 0) };
  return {
    clock,
    board: newStatusBoard(
      () => clock.now,
      () => ["/dev/sda  20.0 GiB  <b>disk</b>"],
    ),
  };
}

test("statusPage() shows what goes on, how far it is, and every warning", () => {
  const { clock, board: told } = board();
  told.begin("Restore of web1");
  told.reporter.step("Restoring files");
  told.reporter.warn("/etc/x: an attribute was lost");
  told.reporter.progress({ label: "restore", done: 0, total: 100, unit: "entries" });
  clock.now += 1000;
  told.reporter.progress({ label: "restore", done: 42, total: 100, unit: "entries" });
  const html = statusPage(told.facts());
  assert.match(html, /<title>At work: Restore of web1<\/title>/);
  assert.match(html, /restore {2}42 % {2}42 entries of 100 entries/);
  assert.match(html, /<progress max="100" value="42">/);
  assert.is(html.split("an attribute was lost").length, 3, "among the warnings and in the log");
  assert.match(html, /03:00:01 UTC[\s\S]*<time>03:00:00<\/time>/);
  told.end("done", "It is done");
  const after = statusPage(told.facts());
  assert.match(after, /<span class="state">Done<\/span>/);
  assert.not.match(after, /<progress/);
});

test("the last page stays where it is; before it a stopped restore is neither done nor failed", () => {
  const { board: told } = board();
  told.begin("Restore of web1");
  told.end("stopped", "It was stopped");
  const stopped = statusPage(told.facts());
  assert.match(stopped, /<section class="stopped">[\s\S]*<span class="state">Stopped<\/span>/);
  assert.is(told.facts().warnings.length, 0);
  assert.match(stopped, /http-equiv="refresh"/);
  assert.not.match(stopped, /the last page/);
  told.finish();
  const last = statusPage(told.facts());
  assert.not.match(last, /http-equiv="refresh"/);
  assert.match(last, /This is the last page/);
});

test("whatever the lines hold stays text", () => {
  const { board: told } = board();
  told.begin(`<script>alert("x")</script>`);
  told.reporter.warn("a\u001b[2Jb & <img src='x' onerror=y> \u202etxt");
  const html = statusPage(told.facts());
  assert.not.match(html, /<script|<img|<b>disk/);
  for (const control of ["\u001b", "\u202e"]) assert.not.ok(html.includes(control));
  assert.match(html, /&lt;img src=&#39;x&#39; onerror=y&gt;/);
});

test("a board that is told very much keeps the newest lines and the first warnings, and counts the rest", () => {
  const { board: told } = board();
  for (let count = 0; count < 1000; count++) told.reporter.warn(`trouble ${count}`);
  const { lines, warnings, warningsLeftOut } = told.facts();
  assert.is(lines.at(-1)?.text, "trouble 999");
  assert.ok(lines.length <= 400);
  assert.is(warnings.length + warningsLeftOut, 1000);
  assert.match(statusPage(told.facts()), /and 900 more: see the log/);
});

test.run();
