/** A browser's answers are typed at the console: by lines and on full screens, and only where it is allowed. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { newStatusDesk } from "../../../src/status/status-desk.ts";
import { type Watch, watchedAsk, watchedCountdown } from "../../../src/status/watched-ask.ts";
import type { Screen } from "../../../src/ui/screens/screen.ts";
import type { Ui } from "../../../src/ui/screens/which-ui.ts";
import { screensOn, settled } from "../../support/rescue-seat.ts";

const choices = Array.from({ length: 12 }, (_, at) => ({ key: `key${at + 1}`, label: `Label ${at + 1}` }));
const CONSOLE = "/dev/tty1";

function watched(ui: Ui) {
  const seat = screensOn([CONSOLE], ui);
  const desk = newStatusDesk();
  const noted: string[] = [];
  const watch: Watch = {
    ...{ desk, press: seat.consoles.press, said: () => ["said before"], note: (text) => void noted.push(text) },
  };
  desk.allow(true);
  const waits = async (what: RegExp) => {
    await settled(() => what.test(seat.textOn(CONSOLE)));
    assert.match(seat.textOn(CONSOLE), what);
    return desk.question?.id ?? 0;
  };
  return { ...seat, desk, noted, watch, waits, ask: watchedAsk(seat.screens, watch) };
}

for (const ui of ["plain", "full"] as const) {
  test(`${ui}: a choice, a line and yes or no are typed in place of what somebody has begun to type`, async () => {
    const { ask, desk, type, waits, noted, screens } = watched(ui);
    const chosen = ask.menu("Which?", choices, "key1");
    let id = await waits(/Which\?/);
    type(CONSOLE, "3");
    assert.match(desk.answer(id, "13") ?? "", /no such choice/);
    assert.is(desk.answer(id, "key12"), undefined);
    assert.is(await chosen, "key12");
    assert.match(desk.answer(id, "key1") ?? "", /answered already/);
    const check = (line: string) => (line === "bad" ? "that is bad" : undefined);
    const line = ask.line("Directory", { check, initial: "/mnt" });
    id = await waits(/Directory/);
    assert.equal(desk.question?.answering, { kind: "line", initial: "/mnt" });
    type(CONSOLE, "/half");
    assert.is(desk.answer(id, "bad"), "that is bad");
    assert.match(desk.answer(id, "a\rb") ?? "", /one line/);
    assert.is(desk.answer(id, "/srv"), undefined);
    assert.is(await line, "/srv");
    for (const [word, answer] of [
      ["yes", true],
      ["no", false],
    ] as const) {
      const agreed = ask.confirm(`Erase ${word}?`, false);
      id = await waits(new RegExp(`Erase ${word}`));
      assert.match(desk.answer(id, "maybe") ?? "", /yes or no/);
      assert.is(desk.answer(id, word), undefined);
      assert.is(await agreed, answer);
    }
    assert.is(noted[0], "Answered by a browser: Which? key12");
    assert.is(noted.length, 4);
    screens.close();
  });
}

test("what somebody answers at the console is no question for a browser any more; a screen is shown with its lines", async () => {
  const { ask, desk, type, waits, screens } = watched("full");
  await screens.open();
  const screen: Screen = {
    ...{ title: "Disks", body: [{ kind: "warning", lines: ["sda is ERASED"] }] },
    question: { kind: "choice", text: "Go on?", choices: choices.slice(0, 2) },
  };
  const shown = ask.show?.(screen);
  const id = await waits(/Go on\?/);
  assert.equal(desk.question?.lines, ["said before", "! sda is ERASED"]);
  type(CONSOLE, "2\r");
  assert.is(await shown, "key2");
  assert.is(desk.question, undefined);
  assert.match(desk.answer(id, "key1") ?? "", /answered already/);
  screens.close();
});

test("nothing is typed that nobody has allowed, that is secret, or that is for another question", async () => {
  const { ask, desk, type, waits, noted, screens } = watched("plain");
  const secret = ask.line("Pass phrase", { secret: true });
  const id = await waits(/Pass phrase/);
  assert.match(desk.answer(id, "guess") ?? "", /at the console only/);
  type(CONSOLE, "hidden\r");
  assert.is(await secret, "hidden");
  const chosen = ask.menu("Which?", choices);
  const next = await waits(/Which\?/);
  assert.match(desk.answer(id, "key1") ?? "", /answered already/);
  assert.match(desk.answer(Number.NaN, "key1") ?? "", /answered already/);
  desk.allow(false);
  assert.match(desk.answer(next, "key1") ?? "", /nobody has typed "allow"/);
  type(CONSOLE, "2\r");
  assert.is(await chosen, "key2");
  assert.equal(noted, []);
  screens.close();
});

test("a question that ends in an error waits no longer; a countdown takes any key", async () => {
  const { ask, desk, type, waits, watch, consoles } = watched("plain");
  const cancelled = ask.menu("Which?", choices).catch((error: Error) => error.message);
  await waits(/Which\?/);
  type(CONSOLE, "\x03");
  assert.match(String(await cancelled), /\^C/);
  assert.is(desk.question, undefined);
  const pressed = watchedCountdown(watch, "ERASED in", () => {
    return new Promise<number>((resolve) => void consoles.onKeys((bytes) => resolve(bytes.byteLength)));
  });
  assert.is(desk.question?.answering.kind, "stop");
  assert.is(desk.answer(desk.question?.id ?? 0, "stop"), undefined);
  assert.ok((await pressed) > 0);
});

test.run();
