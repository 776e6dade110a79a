/**
 * The digest that a manifest carries of itself: without it, a flipped bit in a UUID or a size would pass for what was
 * written. It is no signature: whoever changes the manifest on purpose can make another. Source: FORMAT.md, Manifest.
 */

/** How a manifest with a digest starts: the digest is its first field, so that there is no doubt which it is. */
const START = '{\n "digest": "';
const DIGITS = 64;

const sha256 = (text: string): string => new Bun.CryptoHasher("sha256").update(text).digest("hex");

/** Text of a manifest whose first field is an empty `digest`, with the SHA-256 of itself put in. */
export function withDigest(text: string): string {
  return `${START}${sha256(text)}${text.slice(START.length)}`;
}

/**
 * Whether a manifest is what was written: `none` for one of a version that wrote no digests, whose first field was
 * `format`.
 */
export function checkDigest(text: string): "right" | "wrong" | "none" {
  if (/^\s*\{\s*"format"/.test(text)) return "none";
  if (!text.startsWith(START)) return "wrong";
  const digest = text.slice(START.length, START.length + DIGITS);
  return sha256(`${START}${text.slice(START.length + DIGITS)}`) === digest ? "right" : "wrong";
}
