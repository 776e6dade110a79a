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
  assert.match(long.note ?? "", /^\.\.\. .*now: ext4 holidays$/);
  assert.ok((long.note ?? "").length < size.columns);
  const other = viewOf({ title: "", body: [], question: { kind: "choice", text: "Which?", choices, initial: "b" } });
  assert.is(other.note, "");
});

test("advice comes with the first letter, and none about a pass phrase", () => {
  const advice = (typed: string) => `${typed} is not enough`;
  const screen: Screen = { title: "", body: [], question: { kind: "line", text: "Where?", advice } };
  assert.is(viewOf(screen).note, "");
  assert.is(viewOf(screen, "n").note, "n is not enough");
  const secret: Screen = { ...screen, question: { kind: "line", text: "Pass phrase", advice, secret: true } };
  assert.is(viewOf(secret, "n").note, "");
  assert.not.match(JSON.stringify(viewOf(secret, "nas")), /nas/);
});

test.run();
