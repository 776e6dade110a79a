/** Fills the made blocks of every page and writes docs/reference.md. Run by `make docs`, as root. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fillBlocks } from "./blocks.ts";
import { liveBlocks } from "./live-blocks.ts";
import { pages, repository } from "./pages.ts";
import { recordedBlocks } from "./recorded-blocks.ts";
import { renderReference } from "./reference.ts";

const blocks = { ...recordedBlocks(), ...liveBlocks() };
for (const page of pages) {
  const file = join(repository, page);
  const before = readFileSync(file, "utf8");
  const after = page === "docs/reference.md" ? renderReference() : fillBlocks(before, blocks);
  if (after === before) continue;
  writeFileSync(file, after);
  process.stdout.write(`${page} is up to date now\n`);
}
