import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  asciiOf,
  consoleLettersOf,
  languageOfMachine,
  languageWish,
  sameLanguage,
} from "../../../src/base/language.ts";

test("the locale names the language as locale(7) says, and its charset what can be shown", () => {
  assert.equal(languageWish({ LANG: "fr_FR.UTF-8" }), { language: "fr", letters: "all" });
  assert.equal(languageWish({ LANG: "fr_CA.utf8", LC_TIME: "en_US.UTF-8" }), { language: "fr", letters: "all" });
  assert.equal(languageWish({ LANG: "fr_FR" }), { language: "fr", letters: "ascii" });
  assert.equal(languageWish({ LANG: "fr_BE.ISO-8859-15@euro" }), { language: "fr", letters: "ascii" });
  assert.is(languageWish({ LANG: "fr_FR.UTF-8", LC_MESSAGES: "en_US.UTF-8" })?.language, "en");
  assert.is(languageWish({ LANG: "en_US.UTF-8", LC_MESSAGES: "", LC_ALL: "fr_FR.UTF-8" })?.language, "fr");
  for (const LANG of ["C", "C.UTF-8", "POSIX", "", "../../etc/passwd"]) assert.is(languageWish({ LANG }), undefined);
  assert.is(languageWish({}), undefined);
});

test("the boot word comes first, and means consoles of the kernel", () => {
  assert.equal(languageWish({ lang: "fr", LANG: "en_US.UTF-8" }), { language: "fr", letters: "console" });
  assert.equal(languageWish({ lang: "fr_FR.UTF-8" }), { language: "fr", letters: "console" });
  assert.equal(languageWish({ lang: "fr.ASCII" }), { language: "fr", letters: "ascii" });
  assert.is(languageWish({ lang: "nonsense" }), undefined);
});

test("a child of this program speaks as it does, whatever else it is given", () => {
  const environments = [
    { LANG: "fr_FR.UTF-8" },
    { LANG: "en_US.UTF-8", LC_MESSAGES: "fr_FR", LC_ALL: "" },
    { LC_ALL: "C", LANG: "fr_FR.UTF-8" },
    { lang: "fr" },
    { lang: "fr", LANG: "en_US.UTF-8" },
  ];
  for (const env of environments)
    assert.equal(
      languageWish({ LC_ALL: "C", PATH: "/bin", ...sameLanguage(env) }),
      languageWish(env),
      JSON.stringify(env),
    );
  assert.equal(sameLanguage({ PATH: "/bin" }), {});
});

test("letters that a terminal lacks lose their marks", () => {
  assert.is(asciiOf("« À côté »\u00a0: œuvre, Noël…"), '" A cote " : oeuvre, Noel...');
  assert.is(asciiOf("«\u00a0été\u00a0»"), '"ete"');
  assert.is(consoleLettersOf("À É é ê œ Ô ç «"), "A É é ê oe O ç «");
});

test("the language of a machine is that of its locale", () => {
  const machine = (files: Record<string, string>) => languageOfMachine({ tryReadText: (path) => files[path] });
  assert.is(machine({ "/etc/locale.conf": 'LANG="fr_FR.UTF-8"\n' }), "fr");
  assert.is(machine({ "/etc/default/locale": "#LANG=de\nLANG=fr_CH.UTF-8\n" }), "fr");
  assert.is(machine({ "/etc/default/locale": "LANG=de_DE.UTF-8\n" }), "en");
  assert.is(machine({}), "en");
});

test.run();
