import { test } from "uvu";
import * as assert from "uvu/assert";
import { call, executable } from "../support/mondo.ts";

const inLocale = (locale: string, ...words: string[]) => call(["env", `LC_ALL=${locale}`, executable, ...words]);

test("help, manual page and errors are in the language of the locale", () => {
  const help = inLocale("fr_FR.UTF-8", "help", "archive");
  assert.match(help.out, /un système de secours fait du noyau/);
  assert.not.match(help.out, /\b(the|with|of|and)\b/, "no English word is left");
  assert.match(inLocale("fr_FR.UTF-8", "man").out, /^\.SH "NOM"$/m);
  const wrong = inLocale("fr_FR.UTF-8", "verify", "/nowhere");
  assert.ok(wrong.status !== 0);
  assert.match(wrong.err, /^mondo: .*\/nowhere/);
  assert.not.match(wrong.err, /\b(the|does|not|no|such|file)\b/);
  assert.match(inLocale("fr_FR.UTF-8", "help", "boot").out, /lang=fr/);
});

test("what scripts read stays: options, exit status, keys of JSON", () => {
  const [french, english] = ["fr_FR.UTF-8", "C"].map((locale) => inLocale(locale, "verify", "/nowhere", "--json"));
  assert.is(french?.status, english?.status);
  const keys = (text = "") => Object.keys(JSON.parse(text.trim().split("\n").at(-1) ?? "") as object);
  assert.equal(keys(french?.err || french?.out), keys(english?.err || english?.out));
});

test("a locale without UTF-8 gets letters of ASCII, another language English", () => {
  const ascii = inLocale("fr_FR", "help", "archive").out;
  assert.match(ascii, /un systeme de secours fait du noyau/);
  assert.not.match(ascii, /[\u0080-\u2000]/, "accents, quotes and no-break spaces");
  assert.match(inLocale("de_DE.UTF-8", "help", "archive").out, /a rescue system made of this/);
});

test.run();
