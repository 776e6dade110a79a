import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { inEnglish } from "../../../src/base/in-english.ts";
import { asciiOf, consoleLettersOf } from "../../../src/base/language.ts";
import { msg, piecesOf, tellIn } from "../../../src/base/message.ts";
import { formatBytes } from "../../../src/base/units.ts";

const texts = JSON.parse(readFileSync(join(import.meta.dirname, "../../../src/languages/fr.json"), "utf8")) as Readonly<
  Record<string, string>
>;

test.after.each(() => tellIn(undefined));

const GIB = 1 << 30;
/** What a person is asked: sentences in sentences, and things side by side. */
const questions = (): readonly string[] => {
  const disk = `/dev/sda, ${formatBytes(8 * GIB)}, ${msg`serial ${"A,B"}`}`;
  const whole = msg`${msg`${3} files`} can't be restored`;
  return [
    msg`Which disk shall become ${disk}?`,
    msg`${msg`${"/dev/vda"} holds what is not of the backup (${msg`something that this version doesn't know`}).`} Is all of it to be lost?`,
    msg`${`${msg`The backup is intact.`} ${msg`What is here is intact; you will be asked for ${"medium 2"}.`}`} Erase the disks named above now?`,
    msg`${whole}. Go on all the same?`,
    msg`To erase them, type the names or serial numbers of all ${2}, with blanks between them:`,
    msg`Value of ${"root"}.${"size"} (${msg`20g, 50% or rest`})`,
    msg`${msg`Value of ${"root"}.${"raid"} (${"LEVEL:DEVICE+…[,SPARE+…]"})`}, or Enter to go back`,
    msg`${msg`Name of the new disk (sdb)`}, or Enter to go back`,
    msg`What shall be done?`,
    msg`What of ${"/home"}?`,
    "name: of, nobody; at all",
  ];
};

test("what was told in French is told in English again, with its values", () => {
  const wanted = questions();
  for (const shown of [undefined, asciiOf, consoleLettersOf]) {
    tellIn({ language: "fr", texts, ...(shown ? { shown } : {}) });
    const told = questions();
    assert.is.not(told[0], wanted[0]);
    assert.equal(told.map(inEnglish), wanted);
  }
});

test("in English everything is as it was told", () => {
  assert.equal(questions().map(inEnglish), questions());
});

/** A sentence of a catalog with made-up values, as it would be told. */
const filled = (text: string): string =>
  piecesOf(text)
    .map((piece) => (typeof piece === "string" ? piece : (piece.forms?.[1] ?? `v${piece.value}v`)))
    .join("");

test("no question reads as another one does in French", () => {
  tellIn({ language: "fr", texts });
  const asked = Object.entries(texts).filter(([key]) => /[?:]$/.test(key) && !key.startsWith("{"));
  assert.ok(asked.length > 30, `${asked.length} questions`);
  for (const [key, text] of asked) assert.is(inEnglish(filled(text)), filled(key));
});

test.run();
