/** An http or https URL unchanged; `undefined` for anything else. Pure. */
export function parseWebUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url && /^https?:$/.test(url.protocol) && url.hostname !== "" && url.hash === "" ? text : undefined;
}

/** A URL without the name and password that it may carry: for messages. Pure. */
export function withoutSecrets(url: string): string {
  return url.replace(/^([a-z]+:\/\/)[^/@]*@/i, "$1");
}
