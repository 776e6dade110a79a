import { splitQuery } from "../network/web-url.ts";
import type { Share } from "./share-driver.ts";
import { shareDrivers } from "./share-drivers.ts";

/** The share that a text names, by whichever protocol takes it; `undefined` for none. Pure. */
export function parseShare(text: string): Share | undefined {
  for (const driver of shareDrivers) {
    const share = driver.parse(text);
    if (share) return share;
  }
  return undefined;
}

/**
 * Where a set is: a share, or an image on one, in the form that every part of this program passes on; `undefined` for
 * anything else.
 */
export const parseSource = (text: string): string | undefined => parseShare(text)?.text;

/** How shares are written, with placeholders: the short form of each protocol, or (`all`) every one. */
export function shareSyntax(which: "short" | "all", drivers = shareDrivers): readonly string[] {
  return drivers.flatMap(({ syntax }) => (which === "short" ? syntax.slice(0, 1) : syntax));
}

/** A set's place on a server: its directory, and the image in it that was named. */
export interface SharedPlace {
  readonly share: Share;
  readonly image?: string;
}

/** URLs have odd characters as %20; what else has a percent sign means it. */
function decodedName(text: string, name: string): string {
  if (!/^[a-z0-9+]+:\/\//i.test(text)) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Pure: directory and image of a source (`parseSource`); `undefined` for anything else. */
export function sharedPlace(source: string): SharedPlace | undefined {
  const [place, query] = splitQuery(source);
  const path = place.replace(/(?<=[^/:])\/+$/, "");
  const [, directory = "", name = ""] = /^(.+?[^/:])\/+([^/]+\.iso)$/i.exec(path) ?? [];
  const around = name === "" ? undefined : parseShare(directory + query);
  if (around) return { share: around, image: decodedName(path, name) };
  const share = parseShare(path + query);
  return share && { share };
}

/** The source that names a place. Pure. */
export const sourceOf = ({ share, image }: SharedPlace): string =>
  image === undefined ? share.text : share.below(`/${image}`).text;
