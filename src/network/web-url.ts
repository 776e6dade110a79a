/** An http or https URL unchanged; `undefined` for anything else. Pure. */
export function parseWebUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url && /^https?:$/.test(url.protocol) && url.hostname !== "" && url.hash === "" ? text : undefined;
}

/**
 * A URL without the name and password that it may carry, and without its query, in which signatures and tokens stand:
 * for messages. Of what is no URL all up to the last @ goes: a password may hold what ends one. Pure.
 */
export function withoutSecrets(url: string): string {
  const name = URL.canParse(url) ? /^([a-z0-9+]+:\/\/)[^/?]*@/i : /^([a-z0-9+]+:\/\/).*@/is;
  return url.replace(name, "$1").replace(/\?.+$/s, "?...");
}

/**
 * A place on a server as it may be shown. Of a web server's URL a name may be a token, and a query a signature: both
 * go. In any other place (FTP, SSH) the name stays and the password goes. Pure.
 */
export function shownPlace(place: string): string {
  const text = place.trim();
  if (/^https?:/i.test(text)) return withoutSecrets(text);
  const password = URL.canParse(text) ? /^([a-z0-9+]+:\/\/[^/@:]*):[^/]*@/i : /^([a-z0-9+]+:\/\/[^/@:]*):.*@/is;
  return text.replace(password, "$1@");
}

/** A web URL before its query, and the query with its question mark (empty: none). Pure. */
export function splitQuery(url: string): readonly [place: string, query: string] {
  const at = /^https?:/i.test(url) ? url.indexOf("?") : -1;
  return at < 0 ? [url, ""] : [url.slice(0, at), url.slice(at)];
}

/** The URL of a path below a web URL, whose query it keeps; each part of the path is encoded. Pure. */
export function urlBelow(url: string, path: string): string {
  const [place, query] = splitQuery(url);
  const parts = path.replace(/^\/+/, "").split("/").map(encodeURIComponent);
  return `${place.replace(/\/+$/, "")}/${parts.join("/")}${query}`;
}
