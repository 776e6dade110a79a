/** How the rescue asks: plainly on several consoles, on full screens where one is chosen. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../../src/base/errors.ts";
import { explainFailure } from "../../../../src/init/person/explain-failure.ts";
import type { Watch } from "../../../../src/status/watched-ask.ts";
import { watchedAsk } from "../../../../src/status/watched-ask.ts";
import { choose } from "../../../../src/ui/choose.ts";
import { recordingAsk, replayingAsk } from "../../../../src/ui/given-answers.ts";
import { fakeHost } from "../../../support/fake-host.ts";
import { screensOn, settled } from "../../../support/rescue-seat.ts";

const choices = [
  { key: "one", label: "First" },
  { key: "two", label: "Second" },
];
const [SCREEN, SERIAL] = ["/dev/tty1", "/dev/ttyS0"];

test("two consoles have the same plain question, until somebody takes full screens", async () => {
  const { screens, type, textOn } = screensOn([SCREEN, SERIAL]);
  const first = screens.menu("Which?", choices, "one");
  await settled(() => /Number/.test(textOn(SERIAL)));
  for (const path of [SCREEN, SERIAL]) assert.match(textOn(path), /Which\?\n +1 +First\n +2 +Second\nNumber \[1\]:/);
  assert.is(screens.show, undefined);
  type(SERIAL, "two\r");
  assert.is(await first, "two");
  await screens.open();
  const second = screens.menu("And now?", choices, "one");
  await settled(() => /And now/.test(textOn(SERIAL)));
  assert.match(textOn(SERIAL), /^ Rescue system for web1\n[\s\S]*And now\?\n> 1 {2}First\n {2}2 {2}Second\n/);
  assert.not.match(textOn(SCREEN), /And now/);
  type(SERIAL, "\x1b[B\r");
  assert.is(await second, "two");
  screens.close();
});

test("a key on another console brings the full screen there, and answers nothing", async () => {
  const { screens, type, textOn } = screensOn([SCREEN, SERIAL], "full");
  const answer = screens.menu("Which?", choices, "one");
  await settled(() => /Which/.test(textOn(SCREEN)));
  type(SERIAL, "\r");
  assert.match(textOn(SERIAL), /Which\?\n> 1 {2}First/);
  assert.match(textOn(SCREEN), /The questions are on \/dev\/ttyS0 now/);
  type(SERIAL, "2\r");
  assert.is(await answer, "two");
  screens.close();
});

test("one console has full screens by itself; textonly and plain never do", async () => {
  const alone = screensOn([SCREEN]);
  void alone.screens.menu("Which?", choices, "one");
  await settled(() => /Which/.test(alone.textOn(SCREEN)));
  assert.match(alone.textOn(SCREEN), /> 1 {2}First/);
  alone.screens.close();
  const plain = screensOn([SCREEN], "plain");
  assert.not(plain.screens.mayChange);
  void plain.screens.menu("Which?", choices, "one");
  await settled(() => /Number/.test(plain.textOn(SCREEN)));
  assert.match(plain.textOn(SCREEN), /Number \[1\]:/);
});

test("a question without a screen has a title and help of its own, where it is given one", async () => {
  const { screens, type, textOn } = screensOn([SCREEN], "full");
  await screens.open();
  const about = { title: "Which of two", help: ["The first is older."] };
  const asked = [
    () => screens.menu("Which?", choices, "one", about),
    () => screens.confirm("Really?", true, about),
    () => screens.line("Where?", { initial: "here", about }),
    () => choose(screens, "Which?", choices, "one", about),
    () =>
      watchedAsk(screens, { said: () => [], desk: { put: () => () => {} } } as unknown as Watch).menu(
        "Which?",
        choices,
        "one",
        about,
      ),
    () => recordingAsk(screens).ask.confirm("Really?", true, about),
    () => replayingAsk({ asked: [], ui: "full" }, "x", screens).line("Where?", { initial: "here", about }),
  ];
  for (const [at, ask] of asked.entries()) {
    const answer = ask();
    await settled(() => /^ Which of two\n/.test(textOn(SCREEN)));
    type(SCREEN, "\x1bOP");
    await settled(() => /^ Help: Which of two\n[\s\S]*The first is older\./.test(textOn(SCREEN)));
    assert.match(textOn(SCREEN), /The first is older\./, `${at}`);
    type(SCREEN, "\r\r");
    await answer;
  }
  screens.close();
});

test("what is said before a question stands above it, with its warnings", async () => {
  const { screens, textOn, consoles } = screensOn([SCREEN], "full");
  await screens.open();
  consoles.write("» Looking\n! No driver for the card\n");
  void screens.confirm("Go on?");
  await settled(() => /Go on/.test(textOn(SCREEN)));
  assert.match(textOn(SCREEN), /Looking\n! No driver for the card[\s\S]*Go on\?\n {2}1 {2}Yes\n> 2 {2}No/);
  screens.close();
});

test("a failure before the first question is explained above it", async () => {
  const { screens, textOn, consoles } = screensOn([SCREEN]);
  consoles.write("Waiting for the medium\n");
  const error = new MondoError("not-found", "no backup set was found", { hint: "Insert the medium." });
  await explainFailure({ screens, consoles, host: fakeHost(), log() {} }, "Could not find the medium", error);
  void screens.menu("What shall be done?", choices, "one");
  await settled(() => /What shall/.test(textOn(SCREEN)));
  const shown =
    /! Could not find the medium: no backup set was found\n +Insert the medium\.[\s\S]*done\?\n> 1 {2}First/;
  assert.match(textOn(SCREEN), shown);
  screens.close();
});

test.run();
