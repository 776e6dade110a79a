import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import type { Ask } from "../ui/ask.ts";
import {
  decodeGivenAnswers,
  encodeGivenAnswers,
  type GivenAnswers,
  recordingAsk,
  replayingAsk,
} from "../ui/given-answers.ts";
import type { ParsedWords } from "./parse.ts";

const MOST_BYTES = 4 << 20;

/** Whether nobody may be asked. */
export const isUnattended = ({ flags }: Pick<ParsedWords, "flags">): boolean => flags.has("unattended");

function readAnswers(host: Host, path: string) {
  const stat = host.stat(path);
  if (stat?.kind !== "file" || stat.sizeBytes > MOST_BYTES) {
    const what = stat ? msg`is no file of answers` : msg`does not exist`;
    throw new MondoError(stat ? "usage" : "not-found", msg`--answers ${path} ${what}`, {
      hint: msg`Give a file that --record has written.`,
    });
  }
  return decodeGivenAnswers(host.readText(path), path);
}

/** Who answers: those of `--answers`, and whoever is there; what they say is written down where that is wished. */
export interface Answering {
  readonly ask: Ask;
  /** Writes what was answered, if that is wished. */
  save(): void;
}

/** Notes that can't be written down are no reason to lose what was done; it is said. */
function writeNotes(host: Host, path: string, text: string, warn: (text: string) => void): void {
  try {
    host.write(path, text, 0o600);
  } catch (error) {
    warn(msg`The answers could not be written: ${messageOf(error)}`);
  }
}

/** `somebody`: undefined where there is no terminal. Throws `usage` where nobody could answer anything. */
export function answering(
  host: Host,
  words: ParsedWords,
  somebody: Ask | undefined,
  warn: (text: string) => void,
): Answering {
  const { values } = words;
  const [file, record] = [values.get("answers"), values.get("record")];
  const person = isUnattended(words) ? undefined : somebody;
  const given = file === undefined ? undefined : readAnswers(host, file);
  const none: GivenAnswers = { version: 1, asked: [], ui: "plain" };
  const asked = given || !person ? replayingAsk(given ?? none, file ?? msg`a file for --answers`, person) : person;
  if (record === undefined) return { ask: asked, save() {} };
  const { ask, recorded } = recordingAsk(asked);
  return { ask, save: () => writeNotes(host, record, encodeGivenAnswers(recorded()), warn) };
}
