/** An IPv6 address in the short form that everybody writes (RFC 5952); `undefined` when the text is none. */
export function canonicalIpv6(text: string): string | undefined {
  if (!/^[0-9a-f:.]+$/i.test(text) || !text.includes(":")) return undefined;
  const url = `http://[${text}]/`;
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : undefined;
}

/** The 16 bytes of an address in any form; `undefined` when the text is none. */
export function parseIpv6(text: string): Uint8Array | undefined {
  const canonical = canonicalIpv6(text);
  if (canonical === undefined) return undefined;
  const groups = (part: string) => part.split(":").filter((group) => group !== "");
  const [head = "", tail = ""] = canonical.split("::");
  const [first, last] = [groups(head), groups(tail)];
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => "0");
  const all = [...first, ...zeros, ...last].map((group) => Number.parseInt(group, 16));
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

/** The first 16 bytes as an address, in the short form. */
export function formatIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[at * 2] ?? 0) << 8) | (bytes[at * 2 + 1] ?? 0)).toString(16),
  );
  return canonicalIpv6(groups.join(":")) ?? groups.join(":");
}

/** Addresses one after the other, 16 bytes each, in the short form; what is left over is none. */
export const formatIpv6List = (bytes: Uint8Array): string[] =>
  Array.from({ length: Math.floor(bytes.byteLength / 16) }, (_, index) => formatIpv6(bytes.subarray(index * 16)));
