import { test } from "uvu";
import * as assert from "uvu/assert";
import { asciiOf } from "../../../src/base/language.ts";
import { languageTold, msg, stored, tellIn, told } from "../../../src/base/message.ts";

test.after.each(() => tellIn(undefined));

const count = (files: number, where: string) => msg`${files} file${files === 1 ? "" : "s"} of ${where} can't be read`;
const texts = {
  "{0} file{1} of {2} can't be read": "{2} : {0} {0|fichier illisible|fichiers illisibles}",
  "the disk": "l'œuvre « à » côté",
};

test("without a catalog a sentence is the English one", () => {
  assert.is(count(2, "/srv"), "2 files of /srv can't be read");
  assert.is(msg`{0} stays ${1}`, "{0} stays 1");
  assert.is(languageTold(), "en");
});

test("a catalog puts values where its language wants them, and chooses by its plural rules", () => {
  tellIn({ language: "fr", texts });
  assert.is(count(0, "/srv"), "/srv : 0 fichier illisible", "zero is singular in French");
  assert.is(count(1, "/srv"), "/srv : 1 fichier illisible");
  assert.is(count(2, "/a{0}b"), "/a{0}b : 2 fichiers illisibles", "a value is never read as a sentence");
  assert.is(languageTold(), "fr");
});

test("a sentence that a catalog lacks is told in English", () => {
  tellIn({ language: "fr", texts });
  assert.is(msg`nobody knows ${"this"}`, "nobody knows this");
});

test("the same sentence follows a change of the language, and what its terminal shows", () => {
  const tell = () => msg`the disk`;
  assert.is(tell(), "the disk");
  tellIn({ language: "fr", texts });
  assert.is(tell(), "l'œuvre « à » côté");
  tellIn({ language: "fr", texts, shown: asciiOf });
  assert.is(tell(), 'l\'oeuvre " a " cote');
});

const kept = {
  "it is excluded": "c'est exclu",
  "{0} is not in the backup: {1}": "sans {0} : {1}",
  "{0} on {1}": "{0} sur {1}",
  "{0} file{1} left": "{0} {0|fichier reste|fichiers restent}",
  "{0} of {1}": "{0} de {1}",
};
const sentences = { "{0} is not in the backup: {1}": [1], "{0} on {1}": [], "{0} file{1} left": [] };

test("a sentence that is stored is English, and told to whoever reads it", () => {
  tellIn({ language: "fr", texts: kept, stored: sentences });
  const text = stored`${"/srv"} is not in the backup: ${stored`it is excluded`}`;
  assert.is(text, "/srv is not in the backup: it is excluded");
  assert.is(told(text), "sans /srv : c'est exclu", "the sentence within it, too");
  assert.is(told(stored`${1} file${""} left`), "1 fichier reste");
  assert.is(told(stored`${3} file${"s"} left`), "3 fichiers restent");
  assert.is(told(stored`${"/a"} is not in the backup: ${"ext4 on sda"}`), "sans /a : ext4 sur sda");
  assert.is(told(stored`${"/a"} is not in the backup: ${"it is late"}`), "sans /a : it is late");
  tellIn({ language: "fr", texts: kept, stored: sentences, shown: asciiOf });
  assert.is(told(text), "sans /srv : c'est exclu");
  tellIn(undefined);
  assert.is(told(text), text);
});

test("a name in a sentence that is stored stays as it is, whatever it looks like", () => {
  tellIn({ language: "fr", texts: kept, stored: sentences });
  for (const name of ["it is excluded", "ext4 on sda", "/srv/photos of mum", "1 file left"])
    assert.is(told(stored`${name} is not in the backup: ${stored`it is excluded`}`), `sans ${name} : c'est exclu`);
  const unclear = stored`${"/srv/a is not in the backup: b"} is not in the backup: ${stored`it is excluded`}`;
  assert.is(told(unclear), unclear, "which of the two is the name?");
  const of = "pictures of mum";
  assert.is(told(of), of, "only what is stored is known again");
});

test("what a catalog does not know is told as it is", () => {
  tellIn({ language: "fr", texts: kept, stored: sentences });
  for (const text of ["", "nobody said this", "/a is in the backup", "__proto__", "constructor"])
    assert.is(told(text), text);
  assert.ok(told(`${"x on ".repeat(20_000)}y`).length > 0, "a set may hold anything");
});

test.run();
