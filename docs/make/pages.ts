import { readdirSync } from "node:fs";
import { join } from "node:path";

/** The top of the repository. */
export const repository = join(import.meta.dirname, "../..");

const below = (folder: string): readonly string[] =>
  readdirSync(join(repository, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));

/** Every page of the documentation, as paths from the top of the repository. */
export const pages: readonly string[] = [".", "docs", "initrd", "src/archive"].flatMap(below).sort();
