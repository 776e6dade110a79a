/** What is looked up in the C library when the program starts is in the oldest one that it runs on. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readSources } from "../support/source-text.ts";

/** Debian 10, RHEL 8. */
const OLDEST = "2.28";
/** The tables of functions at the top of files. */
const calls = /\blibrary\("libc\.so\.6", \{([\s\S]*?)\n\}\)/g;

function namesIn(text: string): string[] {
  return [...text.matchAll(calls)].flatMap(([, body = ""]) =>
    [...body.matchAll(/^ {2}(\w+): \{/gm)].map(([, name = ""]) => name),
  );
}

/** `statx` → "2.28": the first version that this library has the name in. */
function versionsHere(): Map<string, string[]> {
  const library = "/lib/x86_64-linux-gnu/libc.so.6";
  const listing = Bun.spawnSync(["readelf", "--dyn-syms", "--wide", library], { stdout: "pipe", stderr: "ignore" });
  const versions = new Map<string, string[]>();
  for (const [, name = "", version = ""] of listing.stdout.toString().matchAll(/ (\w+)@@?GLIBC_(2[0-9.]*)/g)) {
    versions.set(name, [...(versions.get(name) ?? []), version]);
  }
  return versions;
}

const isOld = (version: string) =>
  Bun.semver.order(`${version}.0`.replace(/^(\d+\.\d+\.\d+).*/, "$1"), `${OLDEST}.0`) <= 0;

test(`every name of the C library that is looked up at the start is in glibc ${OLDEST}`, () => {
  const names = [...new Set([...readSources("src")].flatMap(([, text]) => namesIn(text)))];
  const versions = versionsHere();
  assert.ok(names.includes("statx") && names.length > 40, "the names are found");
  assert.not(isOld("2.33"));
  const young = names.filter((name) => !(versions.get(name) ?? []).some(isOld));
  assert.equal(young, []);
});

test.run();
