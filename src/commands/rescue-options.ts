/** What the words of a command add to the rescue system. */

import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { type Additions, DEPLISTS } from "../image/additions.ts";
import { absolutePath } from "./absolute-path.ts";
import type { ParsedWords } from "./parse.ts";
import type { OptionSpec } from "./spec.ts";

/** Options of whatever makes a rescue system. */
export const rescueOptions: readonly OptionSpec[] = [
  {
    long: "deplist",
    value: "DIR|none",
    completes: { words: ["none"], files: true },
    help: msg`add to the rescue system what the lists DIR/*.conf name, one in each line: a tool by its name, a file or directory by its path, as it is on this machine, with libraries and interpreters; # begins a comment (default: /etc/mondo/deplist.d, if it is there)`,
  },
  {
    long: "force-modules",
    value: "NAMES",
    many: true,
    help: msg`kernel modules that the rescue system brings and loads before all others; may be given several times`,
  },
  {
    long: "deny-modules",
    value: "NAMES",
    many: true,
    help: msg`kernel modules that the rescue system never loads; mondo.forcemods= at its boot menu prevails; may be given several times`,
  },
];

const MODULE = /^[A-Za-z0-9][\w-]*$/;

/** `a,b-c d` → `["a", "b_c", "d"]` */
function modulesOf(words: ParsedWords, key: string): readonly string[] {
  const names = (words.lists.get(key) ?? []).flatMap((text) => text.split(/[\s,\\]+/)).filter((name) => name !== "");
  const bad = names.find((name) => !MODULE.test(name));
  if (bad === undefined) return [...new Set(names.map((name) => name.replaceAll("-", "_")))];
  throw new MondoError("usage", msg`--${key} ${bad} is no name of a kernel module`, {
    hint: msg`Write names as lsmod shows them, separated by commas or blanks.`,
  });
}

/** What they add. Throws `usage`. */
export function additionsOf(words: ParsedWords): Additions {
  const [force, deny] = [modulesOf(words, "force-modules"), modulesOf(words, "deny-modules")];
  const both = force.find((name) => deny.includes(name));
  if (both !== undefined) {
    throw new MondoError("usage", msg`--force-modules ${both} and --deny-modules ${both} contradict each other`, {
      hint: msg`Give one of them.`,
    });
  }
  const text = words.values.get("deplist");
  const deplists = text === undefined ? DEPLISTS : text === "none" ? undefined : absolutePath(text, "--deplist");
  return { deplists, modules: { force, deny } };
}
