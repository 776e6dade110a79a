/** An IPv4 address as a number; `undefined` when the text is none (four decimal parts, nothing else). */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** The dotted text of an address. */
export function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join(".");
}

/** The mask of a prefix length, 0 to 32. */
export function maskOfPrefix(length: number): number {
  return length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
}

/** Ones, then zeros. */
export function isNetmask(mask: number): boolean {
  const inverted = 0xffffffff - mask;
  return (inverted & (inverted + 1)) === 0;
}

/** Number of ones in a netmask. */
export function prefixOfMask(mask: number): number {
  return 32 - Math.log2(0xffffffff - mask + 1);
}

/** Whether two addresses are in one network. */
export function sameNetwork(a: number, b: number, mask: number): boolean {
  return (a & mask) >>> 0 === (b & mask) >>> 0;
}
