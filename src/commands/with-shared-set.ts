import { requireRoot } from "../backup/checks.ts";
import type { Host } from "../host/host.ts";
import { processId } from "../host/self.ts";
import { type SharedPlace, sharedPlace } from "../shares/share-words.ts";
import { unmountLeftovers } from "../shares/unmount-share.ts";
import type { CommandContext } from "./command.ts";
import { credentialsOf } from "./credentials-option.ts";
import type { ParsedWords } from "./parse.ts";
import { type SetWord, setWord } from "./set-word.ts";
import type { CommandSpec } from "./spec.ts";
import { withShare } from "./with-share.ts";

/** With the number of this process behind it. */
const SET_DIRECTORY = "/run/mondo-set";

/** Where this process mounts the share with the set that it reads. */
export const setTarget = (): string => `${SET_DIRECTORY}-${processId()}`;

/** A word that names a set on a server, and the words with a path in its place. */
interface SharedWord {
  readonly text: string;
  readonly place: SharedPlace;
  readonly replacedBy: SetWord["replacedBy"];
}

/** The first word on the command line that names a set on a server, but no file here. */
export function sharedWord(spec: CommandSpec, host: Host, words: ParsedWords): SharedWord | undefined {
  const placeOf = (text: string) => (host.exists(text) ? undefined : sharedPlace(text));
  const word = setWord(spec, words, (text) => placeOf(text) !== undefined);
  const place = word && placeOf(word.text);
  return place && { text: word.text, place, replacedBy: word.replacedBy };
}

/**
 * Runs a command that reads a set: where that lies on a server, with the share mounted and its path in place of its
 * name.
 */
export async function withSharedSet(
  spec: CommandSpec,
  context: CommandContext,
  run: (context: CommandContext) => Promise<number>,
): Promise<number> {
  const { host, words } = context;
  const named = sharedWord(spec, host, words);
  if (!named) return run(context);
  requireRoot();
  unmountLeftovers(host, SET_DIRECTORY);
  const { share, image } = named.place;
  const prefix = words.values.get("prefix");
  const expected = image ?? (prefix === undefined ? "manifest.json" : `${prefix}-1.iso`);
  const use = { access: "read", target: setTarget(), expected, ...credentialsOf(host, words) } as const;
  try {
    return await withShare(host, share, use, ({ directory }) =>
      run({
        ...context,
        setName: named.text,
        words: named.replacedBy(image === undefined ? directory : `${directory}/${image}`),
      }),
    );
  } finally {
    // Only an empty directory is nobody's: whatever is still mounted there must stay untouched.
    host.removeEmpty(use.target);
  }
}
