import { refitGrubEnvironment } from "../formats/boot/grub-environment.ts";
import type { Host } from "../host/host.ts";
import { renameDevicesIn } from "../layout/device-names.ts";

type Replacements = Readonly<Record<string, string>>;

/** Replaces words that end at blanks, quotes, commas or their first equals sign: `rootflags=subvolid=257`. */
export function replaceWordsIn(text: string, words: Replacements): string {
  return text.replace(/[^\s,"'=]+=[^\s,"'=]+(?![^\s,"'])/g, (word) => words[word] ?? word);
}

/** Changes a text file, which keeps its owner, mode and attributes; does nothing if it isn't there. */
export function rewriteFile(host: Host, path: string, change: (text: string) => string): void {
  const before = host.tryReadText(path);
  if (before === undefined) return;
  const after = change(before);
  if (after !== before) host.replace(path, after);
}

/** Replaces device names in a text file; GRUB's environment block keeps its size. */
export function renameDevicesInFile(host: Host, path: string, names: Replacements): void {
  rewriteFile(host, path, (text) => refitGrubEnvironment(text, renameDevicesIn(text, names)));
}

/** Replaces words in a text file; GRUB's environment block keeps its size. */
export function replaceWordsInFile(host: Host, path: string, words: Replacements): void {
  rewriteFile(host, path, (text) => refitGrubEnvironment(text, replaceWordsIn(text, words)));
}
