/** The documentation: what it links to and names is there, and the README stays a door. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { pages, repository } from "../../docs/make/pages.ts";

const text = (page: string): string => readFileSync(join(repository, page), "utf8");
const words = (page: string): number => page.split(/\s+/).filter((word) => word !== "").length;

/** A heading as the part of an address behind `#`, as GitHub has it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, "")
    .replaceAll(" ", "-");

function anchorsOf(page: string): readonly string[] {
  return [...text(page).matchAll(/^#+ (.*)$/gm)].map((match) => anchorOf(match[1] ?? ""));
}

/** Links of a page that lead nowhere in the repository. */
function deadLinks(page: string): readonly string[] {
  const targets = [...text(page).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? "");
  return targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [path = "", anchor] = target.split("#");
    const file = path === "" ? page : join(dirname(page), path);
    if (!existsSync(join(repository, file))) return true;
    return anchor !== undefined && !anchorsOf(file).includes(anchor);
  });
}

test("every link of the documentation leads somewhere", () => {
  const dead = pages.flatMap((page) => deadLinks(page).map((target) => `${page} → ${target}`));
  assert.equal(dead, []);
});

/** Commands of a page: fenced blocks, and what stands between backquotes. */
const codeIn = (page: string): string => (text(page).match(/^```[\s\S]*?^```|`[^`\n]+`/gm) ?? []).join("\n");

test("every make target that the documentation names exists", () => {
  const makefile = text("Makefile");
  const named = pages.flatMap((page) =>
    [...codeIn(page).matchAll(/^`?make ([a-z][a-z-]*)/gm)].map((match) => [page, match[1] ?? ""] as const),
  );
  assert.ok(named.length > 5);
  const missing = named.filter(([, target]) => !new RegExp(`^${target}:`, "m").test(makefile));
  assert.equal(missing, []);
});

test("every file of the repository that the documentation names exists", () => {
  const named = pages.flatMap((page) =>
    [...text(page).matchAll(/`((?:src|test|docs|initrd|kernel-config|\.ci)\/[\w./-]+)`/g)].map(
      (match) => [page, match[1] ?? ""] as const,
    ),
  );
  assert.ok(named.length > 10);
  assert.equal(
    named.filter(([, path]) => !existsSync(join(repository, path))),
    [],
  );
});

test("every folder of src is on the map, and the map names no other", () => {
  const map = /\nsrc\/\n([\s\S]*?)\ntest\/\n/.exec(text("CONTRIBUTING.md"))?.[1] ?? "";
  const folders = [...map.matchAll(/^ {2}(\w+)\/ /gm)].map((match) => match[1] ?? "").sort();
  const there = [...new Bun.Glob("*/").scanSync({ cwd: join(repository, "src"), onlyFiles: false })];
  assert.equal(folders, there.map((name) => name.replace(/\/$/, "")).sort());
});

test("the README has at most 700 words, and every how-to can be reached from it", () => {
  const readme = text("README.md");
  assert.ok(words(readme) <= 700, `${words(readme)} words`);
  const index = text("docs/README.md");
  const lonely = pages.filter((page) => page.startsWith("docs/") && page !== "docs/README.md");
  assert.equal(
    lonely.filter((page) => !index.includes(`](${page.slice("docs/".length)})`)),
    [],
  );
  assert.ok(readme.includes("](docs/README.md)"));
});

test.run();
