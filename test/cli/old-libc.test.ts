/** The executable and what it carries start on the oldest systems that are promised: RHEL 8, Debian 10, SLES 15. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { executable } from "../support/mondo.ts";
import { elfFilesIn, isUpTo, versionNeeds } from "../support/version-needs.ts";

const test = suite("old C libraries");

/** The newest version of each kind of symbol there: glibc 2.28, GCC 8. */
const NEWEST: Readonly<Record<string, string>> = {
  GLIBC: "GLIBC_2.28",
  GLIBCXX: "GLIBCXX_3.4.25",
  CXXABI: "CXXABI_1.3.11",
  GCC: "GCC_7.0.0",
};

test("versions of symbols are compared by number", () => {
  assert.ok(isUpTo("GLIBC_2.28", "GLIBC_2.28") && isUpTo("GLIBC_2.3.4", "GLIBC_2.28"));
  assert.not(isUpTo("GLIBC_2.34", "GLIBC_2.28") || isUpTo("GLIBC_2.28.1", "GLIBC_2.28"));
  assert.not(isUpTo("GLIBC_PRIVATE", "GLIBC_2.28") || isUpTo("GLIBC_ABI_DT_RELR", "GLIBC_2.28"));
});

test("what the executable and its addons need of libraries is in glibc 2.28 and GCC 8", () => {
  const files = elfFilesIn(readFileSync(executable));
  assert.ok(files.length >= 3, "Bun, and the addons for zstd and xz");
  const needs = files.flatMap((file, place) => versionNeeds(file, `ELF file ${place}`));
  const versions = [...new Set(needs.map(({ version }) => version))];
  assert.ok(versions.includes("GLIBC_2.14") && versions.includes("GLIBCXX_3.4"), "the needs of all are read");
  const young = versions.filter((version) => !isUpTo(version, NEWEST[version.replace(/_.*/, "")] ?? ""));
  assert.equal(young, []);
});

test("the reader of needs sees what this machine's programs need", () => {
  const file = readFileSync("/usr/lib/x86_64-linux-gnu/libstdc++.so.6");
  const listing = Bun.spawnSync([
    "readelf",
    "-V",
    "--wide",
    "/usr/lib/x86_64-linux-gnu/libstdc++.so.6",
  ]).stdout.toString();
  const expected = [...listing.matchAll(/Name: (\S+)\s+Flags: \S+\s+Version:/g)].map(([, version]) => version);
  assert.equal(
    versionNeeds(file, "libstdc++")
      .map(({ version }) => version)
      .sort(),
    expected.sort(),
  );
});

test.run();
