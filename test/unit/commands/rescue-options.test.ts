import { test } from "uvu";
import * as assert from "uvu/assert";
import type { MondoError } from "../../../src/base/errors.ts";
import { decodeArchiveOptions } from "../../../src/commands/archive-options.ts";
import { archiveSpec } from "../../../src/commands/archive-spec.ts";
import { jobWords } from "../../../src/commands/config/job-words.ts";
import { mergeConfig, parseConfig } from "../../../src/commands/config/read-config.ts";
import { parseWords } from "../../../src/commands/parse.ts";

const optionsOf = (...words: string[]) =>
  decodeArchiveOptions(parseWords(archiveSpec, ["-d", "/srv", ...words]), false);

test("additionsOf() takes lists from the usual directory, from another one, or from none", () => {
  assert.is(optionsOf().additions?.deplists, "/etc/mondo/deplist.d");
  assert.is(optionsOf("--deplist", "/srv/lists/").additions?.deplists, "/srv/lists");
  assert.is(optionsOf("--deplist", "none").additions?.deplists, undefined);
});

test("additionsOf() takes modules by any spelling, each once", () => {
  const { additions } = optionsOf("--force-modules", "usb-storage,aacraid usb_storage", "--deny-modules", "nouveau");
  assert.equal(additions?.modules, { force: ["usb_storage", "aacraid"], deny: ["nouveau"] });
});

test("additionsOf() and --words refuse what is no module, no word, or both forced and denied", () => {
  for (const words of [
    ["--force-modules", "a/b"],
    ["--deny-modules", "$x"],
    ["--force-modules", "usb-storage", "--deny-modules", "usb_storage"],
    ["--words", "quiet';reboot"],
    ["--deplist", "lists"],
  ]) {
    assert.throws(
      () => optionsOf(...words),
      (error: MondoError) => error.code === "usage",
      words.join(" "),
    );
  }
});

test("a job of the configuration has them as its keys", () => {
  const text = `
[jobs.nightly]
dir = "/srv"
deplist = "/srv/lists"
force-modules = ["aacraid", "megaraid-sas"]
deny-modules = "nouveau"
words = "console=ttyS1,9600  keymap=de"
`;
  const job = mergeConfig([parseConfig("/m.toml", text)]).jobs.get("nightly");
  if (!job) throw new Error("no job");
  const none = { flags: new Set<string>(), values: new Map(), lists: new Map(), operands: [] };
  const { additions, bootWords } = decodeArchiveOptions(jobWords(job, none), false);
  assert.equal(additions, {
    deplists: "/srv/lists",
    modules: { force: ["aacraid", "megaraid_sas"], deny: ["nouveau"] },
  });
  assert.equal(bootWords, ["console=ttyS1,9600", "keymap=de"]);
});

test.run();
