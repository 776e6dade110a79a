import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Child, Listing } from "../../../../src/archive/catalog/tree-listing.ts";
import type { ByteString } from "../../../../src/base/bytes.ts";
import { stepOfAnswer, stepOfLine, treeLines, treeScreen } from "../../../../src/restore/files/tree-screens.ts";
import { FIRST_STATE, patternFor, stepInTree, type TreeState } from "../../../../src/restore/files/tree-state.ts";

const child = (name: string, kind: Child["kind"], bytes = 5): Child => ({
  ...{ name: name as ByteString, kind, entries: 1, bytes, chosen: { entries: 0, bytes: 0 } },
});
const listing: Listing = {
  directory: "etc" as ByteString,
  children: [child("ssh", "directory"), child("fstab", "file"), child("mtab", "symlink", 0)],
};
const there: TreeState = { ...FIRST_STATE, directory: "etc" as ByteString };
const none = { entries: 0, bytes: 0 };

const labels = (state: TreeState) => {
  const { question } = treeScreen(state, listing, none);
  return question.kind === "choice" ? question.choices.map(({ key, label }) => `${key}: ${label.trim()}`) : [];
};

test("Enter opens a directory and marks a file; Space marks a directory; Left goes up, and stands on where it was", () => {
  const opened = stepInTree(there, { do: "open", child: 0 }, listing);
  assert.is(opened.directory, "etc/ssh");
  assert.equal(stepInTree(opened, { do: "up" }, listing), { ...there, at: "ssh" });
  assert.equal(stepOfAnswer("in ssh", there, listing), { do: "open", child: 0 });
  assert.equal(stepOfAnswer("space in ssh", there, listing), { do: "toggle", child: 0 });
  assert.equal(stepOfAnswer("space find", there, listing), { do: "find" });
  assert.equal(stepOfAnswer("left in mtab", there, listing), { do: "up" });
  assert.equal(stepOfAnswer("left in mtab", FIRST_STATE, listing), { do: "leave" });
  const marked = stepInTree(there, { do: "toggle", child: 0 }, listing);
  assert.match(labels(marked)[2] ?? "", /^in ssh: \[x\] ssh\/ +1 entry, 5 B$/);
  const part = stepInTree(marked, { do: "open", child: 1 }, listing);
  assert.match(labels(part)[3] ?? "", /^in fstab: \[x\] fstab +5 B$/);
  assert.match(labels(stepInTree(part, { do: "toggle", child: 0 }, listing))[2] ?? "", /\[ \] ssh/);
  assert.match(labels(there)[4] ?? "", /mtab +symbolic link$/);
});

test("what is to be restored is offered where something is marked", () => {
  assert.not.ok(labels(there).some((label) => label.startsWith("go")));
  const { question } = treeScreen(there, listing, { entries: 2, bytes: 10 });
  assert.ok(question.kind === "choice" && question.choices.some(({ label }) => label.includes("2 entries, 10 B")));
});

test("lines say the same", () => {
  assert.equal(stepOfLine("1", listing), { do: "open", child: 0 });
  assert.equal(stepOfLine(" +1,2-3 ", listing), { do: "mark", children: [0, 1, 2], isOn: true });
  assert.equal(stepOfLine("-2", listing), { do: "mark", children: [1], isOn: false });
  assert.equal(stepOfLine("+*.conf", listing), { do: "mark-pattern", pattern: "*.conf", isOn: true });
  assert.equal(stepOfLine("/fst", listing), { do: "find", text: "fst" });
  assert.equal(stepOfLine("..", listing), { do: "up" });
  for (const wrong of ["", "4", "0", "+4", "+3-2", "+", "hello", "-", "+1,,2", "99999999999"]) {
    assert.is(stepOfLine(wrong, listing), undefined, wrong);
  }
});

test("a long directory is shown by pages", () => {
  const long = { ...listing, children: Array.from({ length: 45 }, (_, at) => child(`f${at}`, "file")) };
  assert.match(treeLines(there, long, none)[0] ?? "", /^\/etc, 1 to 20 of 45$/);
  const third = stepInTree(stepInTree(there, { do: "page", by: 1 }, long), { do: "page", by: 1 }, long);
  assert.match(treeLines(third, long, none).join("\n"), /41 {2}\[ \] f40[\s\S]*45 {2}\[ \] f44/);
  assert.is(stepInTree(third, { do: "page", by: 1 }, long), third);
  assert.is(stepInTree(there, { do: "page", by: -1 }, long), there);
});

test("a search takes names that contain a text; patterns and paths stay what they are", () => {
  assert.equal(["fst", "*.conf", "/etc/fstab", "a?"].map(patternFor), ["*fst*", "*.conf", "/etc/fstab", "a?"]);
});

test("a typed word that only every object knows means nothing", () => {
  for (const word of ["constructor", "toString", "__proto__"]) assert.is(stepOfLine(word, { children: [] }), undefined);
});

test.run();
