import { test } from "uvu";
import * as assert from "uvu/assert";
import { asciiGlyphs } from "../../../../src/ui/screens/glyphs.ts";
import type { Screen } from "../../../../src/ui/screens/screen.ts";
import { firstState } from "../../../../src/ui/screens/screen-state.ts";
import { viewOfScreen } from "../../../../src/ui/screens/view.ts";

const size = { columns: 40, rows: 12 };
const around = { log: [], hasShell: false };
const viewOf = (screen: Screen, typed = "") =>
  viewOfScreen(screen, { ...firstState(screen), typed }, around, asciiGlyphs, size);

test("a choice that is longer than its row says so, and its end stands below while it is selected", () => {
  const label = "/dev/vda, 3.0 GiB, serial HELD-DISK, virtio; now: ext4 holidays";
  const choices = [
    { key: "a", label },
    { key: "b", label: "short" },
  ];
  const long = viewOf({ title: "", body: [], question: { kind: "choice", text: "Which?", choices, initial: "a" } });
  assert.equal(
    long.choices.map(({ text }) => text),
    [" 1  /dev/vda, 3.0 GiB, serial HELD-DI>", " 2  short"],
  );
  assert.match(long.note?.join("") ?? "", /^\.\.\. .*now: ext4 holidays$/);
  assert.ok((long.note?.[0] ?? "").length < size.columns);
  const other = viewOf({ title: "", body: [], question: { kind: "choice", text: "Which?", choices, initial: "b" } });
  assert.equal(other.note, [""]);
});

test("what a choice means has two rows where one of them needs two, and nothing moves with the selection", () => {
  const detail = "Cuts the backup into images of at most this size.";
  const choices = [
    { key: "a", label: "A", detail },
    { key: "b", label: "B", detail: "Short." },
    { key: "c", label: "C", detail: `${detail} ${detail}` },
  ];
  const noteFor = (initial: string, shown = choices.slice(0, 2)) =>
    viewOf({ title: "", body: [], question: { kind: "choice", text: "Which?", choices: shown, initial } }).note;
  assert.equal(noteFor("a"), ["Cuts the backup into images of at most", "this size."]);
  assert.equal(noteFor("b"), ["Short.", ""]);
  assert.match(noteFor("c", choices)?.[1] ?? "", />$/);
  assert.equal(noteFor("b", choices.slice(1, 2)), ["Short."]);
});

test("advice comes with the first letter, and none about a pass phrase", () => {
  const advice = (typed: string) => `${typed} is not enough`;
  const screen: Screen = { title: "", body: [], question: { kind: "line", text: "Where?", advice } };
  assert.equal(viewOf(screen).note, [""]);
  assert.equal(viewOf(screen, "n").note, ["n is not enough"]);
  const secret: Screen = { ...screen, question: { kind: "line", text: "Pass phrase", advice, secret: true } };
  assert.equal(viewOf(secret, "n").note, [""]);
  assert.not.match(JSON.stringify(viewOf(secret, "nas")), /nas/);
});

test("a complaint has as many rows as it needs, and the question leaves room for what stands at its end", () => {
  const check = () => "That is not a directory. Type the full path of one that exists.";
  const asked: Screen = { title: "", body: [], question: { kind: "line", text: "Where?", check } };
  const state = { ...firstState(asked), complaint: check() };
  const complained = viewOfScreen(asked, state, around, asciiGlyphs, size);
  assert.equal(complained.note?.join(" "), check());
  assert.is(complained.note?.length, 2);
  const rows = ({ body, choices, field, note }: typeof complained) =>
    body.length + choices.length + (field === undefined ? 0 : 1) + (note?.length ?? 0);
  assert.is(rows(complained), rows(viewOf(asked)));
  const lines = Array.from({ length: 30 }, (_, at) => `${at}`);
  const text = "Which of these shall be restored?";
  const choices = [{ key: "a", label: "A" }];
  const long = viewOf({ title: "", body: [{ kind: "text", lines }], question: { kind: "choice", text, choices } });
  assert.match(long.where, /of 30, PgUp PgDn/);
  assert.ok(long.question.length + long.where.length < size.columns, long.question);
  assert.is([...long.body.slice(-9).map((line) => line.text), long.question].join(" ").slice(-text.length), text);
});

test.run();
