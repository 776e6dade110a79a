import { parseBlsEntry } from "../../formats/boot/boot-entries.ts";
import type { Host } from "../../host/host.ts";
import type { LoaderContext } from "../contracts.ts";
import { entryDefects } from "./check-entries.ts";

/**
 * Files of the entries of type 1 of a boot file system that is mounted at `top`. Source: Boot Loader Specification 1.1.
 */
export function blsEntryFiles(host: Pick<Host, "list">, root: string, top: string): string[] {
  const directory = `${top === "/" ? "" : top}/loader/entries`;
  const names = host.list(`${root}${directory}`).filter((name) => /\.conf$/i.test(name));
  return names.map((name) => `${directory}/${name}`);
}

/** Defects of all entries of one boot file system; `words` stands for GRUB's variables in their options. */
export function blsDefects(
  host: Host,
  context: LoaderContext,
  top: string,
  words: Readonly<Record<string, string>> = {},
): string[] {
  return blsEntryFiles(host, context.root, top).flatMap((where) => {
    const entry = parseBlsEntry(host.tryReadText(`${context.root}${where}`) ?? "");
    const options = entry.options.replace(/\$\{?(\w+)\}?/g, (word, name: string) => words[name] ?? word);
    return entryDefects(host, context, { where, top }, { ...entry, options });
  });
}
