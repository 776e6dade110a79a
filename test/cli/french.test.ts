import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { call, executable, inPrivateMounts } from "../support/mondo.ts";

/** What --json says in the end, without what is for people. */
const resultsIn = (out: string): object[] =>
  out.split("\n").flatMap((line) => {
    if (line === "") return [];
    const { text: _, detail: __, ...event } = JSON.parse(line) as Record<string, unknown>;
    return ["progress", "step", "info"].includes(`${event.event}`) ? [] : [event];
  });

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

const work = mkdtempSync(join(tmpdir(), "mondo-french-"));
const [tree, home] = [join(work, "tree"), join(work, "home")];
const LANGUAGES = { fr: "fr_FR.UTF-8", en: "en_US.UTF-8" } as const;
type Written = keyof typeof LANGUAGES;
const setOf = (written: Written) => join(work, written);

/**
 * A backup of a tree with a file that is shorter than it says, as those of sysfs are: saved, but not as it was. With a
 * `/run` and `/var/lib/mondo` of its own.
 */
function archive(written: Written): void {
  const script = `mount -t tmpfs none /run; mkdir -p /var/lib/mondo; mount -t tmpfs none /var/lib/mondo
    mount --bind /sys/kernel/uevent_seqnum ${tree}/short
    LANG=${LANGUAGES[written]} exec ${executable} archive -O -1 -d ${setOf(written)} -p set --root ${tree} --layout directory`;
  const { status, out, err } = inPrivateMounts(script);
  assert.is(status, 3, `${out}${err}`);
}

test.before(() => {
  for (const path of [tree, home, setOf("fr"), setOf("en")]) mkdirSync(path);
  for (const name of ["whole", "short"]) writeFileSync(join(tree, name), name);
  archive("fr");
  archive("en");
});
test.after(() => rmSync(work, { recursive: true, force: true }));

const manifestOf = (written: Written) => {
  const [path = ""] = readdirSync(setOf(written), { recursive: true }).filter((one) =>
    `${one}`.endsWith("manifest.json"),
  );
  return JSON.parse(readFileSync(join(setOf(written), `${path}`), "utf8")) as Record<string, unknown>;
};

test("a set is the same whatever language its machine speaks", () => {
  const [french, english] = [manifestOf("fr"), manifestOf("en")];
  assert.equal(french.problems, english.problems);
  assert.match(JSON.stringify(french.problems), /"it became shorter while it was read: \d+ bytes at its end/);
  assert.equal(french.layout, english.layout);
  assert.equal(Object.keys(french), Object.keys(english));
});

test("a set of either language is read in the other", () => {
  for (const written of ["fr", "en"] as const) {
    const problems = (read: Written, ...more: string[]) =>
      inLocale(LANGUAGES[read], "list", setOf(written), "--problems", ...more).out;
    assert.match(problems("en"), /^changed \/short: it became shorter while it was read: \d+ bytes at its end/);
    assert.match(problems("fr"), /^changed \/short: .*\d+ octets/);
    assert.not.match(problems("fr"), /\b(it|became|while|read)\b/);
    assert.is(problems("fr", "--json"), problems("en", "--json"), "programs read the same");
    for (const words of [["list"], ["verify"], ["compare", "--root", tree], ["extract", "/", "--to", home]]) {
      const [command = "", ...more] = words;
      const answers = (["fr", "en"] as const).map((read) => {
        rmSync(home, { recursive: true });
        mkdirSync(home);
        return inLocale(LANGUAGES[read], command, setOf(written), ...more, "--json");
      });
      const events = answers.map(({ out }) => resultsIn(out));
      assert.is(answers[0]?.status, answers[1]?.status, `${command} of ${written}`);
      assert.ok((events[0]?.length ?? 0) > 0, command);
      assert.equal(events[0], events[1], `${command} of ${written}`);
    }
    assert.equal(readdirSync(home).sort(), ["short", "whole"]);
  }
});

test.run();
