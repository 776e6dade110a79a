import { decodeText } from "../base/bytes.ts";
import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { fetchText } from "../host/http.ts";
import { withoutSecrets } from "../network/web-url.ts";
import { type Answers, decodeAnswers } from "../restore/answers.ts";
import { MEDIUM_DIRECTORY } from "./medium/mounted-medium.ts";
import { readFromStick } from "./medium/read-from-stick.ts";
import { bringUpNetwork } from "./network/bring-up-network.ts";
import type { Rescue } from "./rescue.ts";

const LIMIT_MS = 8000;
const MOST_BYTES = 1 << 20;
const DEFAULT = "default.json";
const HINT = msg`Check mondo.answers= and the file there; a directory (with / at its end) holds MAC.json or default.json.`;

/** Pure: the files to try for a place, in order. A directory has one for each card, and one for all others. */
export function answerPlaces(place: string, mac: string | undefined): readonly string[] {
  if (!place.endsWith("/")) return [place];
  return [...(mac === undefined ? [] : [`${mac.replaceAll(":", "-")}.json`]), DEFAULT].map((name) => `${place}${name}`);
}

function missing(places: readonly string[]): MondoError {
  const [first = ""] = places;
  const rest = places.length > 1 ? msg`, nor ${DEFAULT} beside it` : "";
  return new MondoError("not-found", msg`there are no answers ${withoutSecrets(first)}${rest}`, { hint: HINT });
}

/** One file of a web server; `undefined` when there is none. Throws `not-found` when all `tries` fail. */
async function fromWeb(rescue: Rescue, url: string, tries: number): Promise<string | undefined> {
  let reason = "";
  for (let number = 1; number <= tries; number += 1) {
    try {
      const { status, text } = await fetchText(url, { limitMs: LIMIT_MS, mostBytes: MOST_BYTES });
      if (status === 200) return text;
      if (status === 404 || status === 410) return undefined;
      reason = msg`the web server answers ${status}`;
    } catch (error) {
      reason = messageOf(error);
    }
    if (number < tries) await rescue.host.sleep(1000);
  }
  throw new MondoError("not-found", msg`the answers ${withoutSecrets(url)} could not be fetched: ${reason}`, {
    hint: HINT,
  });
}

/** A file of the share or medium that holds the set. */
function fromSet({ host, medium }: Rescue, path: string): string | undefined {
  const tops = medium?.beside === undefined ? [MEDIUM_DIRECTORY] : [medium.beside, MEDIUM_DIRECTORY];
  return tops.map((top) => host.tryReadText(`${top}${path}`)).find((text) => text !== undefined);
}

/**
 * The answers at the place in `mondo.answers=`: a URL, `DEVICE:/PATH`, or `/PATH` beside the set. Throws `not-found`,
 * `format`, or what the network throws.
 */
export async function fetchAnswers(rescue: Rescue, place: string): Promise<Answers> {
  const { network } = rescue;
  const isUrl = /^https?:/.test(place);
  if (isUrl && !network.card) await bringUpNetwork(rescue);
  if (!isUrl && place.includes(":/")) {
    const named = { place, what: msg`the answers`, mostBytes: MOST_BYTES, hint: HINT };
    return decodeAnswers(decodeText(await readFromStick(rescue, named)), place);
  }
  const places = answerPlaces(place, network.wishes.bootMac ?? network.card?.mac);
  for (const one of places) {
    const text = isUrl ? await fromWeb(rescue, one, Math.max(1, network.wishes.pingCount)) : fromSet(rescue, one);
    if (text === undefined) continue;
    rescue.reporter.info(msg`Answers: ${withoutSecrets(one)}`);
    return decodeAnswers(text, withoutSecrets(one));
  }
  throw missing(places);
}
