/**
 * File names are bytes. A `ByteString` holds them one byte a character (U+0000–U+00FF), so that they sort, compare and
 * key maps as bytes do. It is never shown as it is: see `displayBytes`.
 */
export type ByteString = string & { readonly __byteString: true };

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Bytes → one character a byte. */
export function bytesToByteString(bytes: Uint8Array): ByteString {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1") as ByteString;
}

/** One character a byte → bytes. */
export function byteStringToBytes(text: ByteString): Uint8Array {
  return Buffer.from(text, "latin1");
}

/** A text of `textOfBytes`, or any other (UTF-8) → the bytes that the kernel sees, one a character. */
export function toByteString(text: string): ByteString {
  return bytesToByteString(bytesOfText(text));
}

/** For people: UTF-8 where it is, `\xNN` where it is not; control characters escaped. */
export function displayBytes(text: ByteString): string {
  let shown: string;
  try {
    shown = utf8.decode(byteStringToBytes(text));
  } catch {
    shown = text.replace(/[\x80-\xff]/g, (c) => `\\x${c.charCodeAt(0).toString(16)}`);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not reach a terminal
  return shown.replace(/[\x00-\x1f\x7f-\x9f]/g, (c) => Buffer.from(c).toString("hex").replace(/../g, "\\x$&"));
}

/** Concatenation without an intermediate list of numbers. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.byteLength;
  }
  return out;
}

/** UTF-8 bytes of a string. */
export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Text of bytes; invalid UTF-8 becomes U+FFFD (for tool output and control files, not for file names). */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function sequenceLength(lead: number): number {
  return lead < 0xc2 || lead > 0xf4 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

function sequenceAt(bytes: Uint8Array, at: number): string | undefined {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return String.fromCharCode(lead);
  try {
    return sequenceLength(lead) === 0 ? undefined : utf8.decode(bytes.subarray(at, at + sequenceLength(lead)));
  } catch {
    return undefined;
  }
}

/**
 * Text of labels and paths, which are bytes: UTF-8, and each byte that belongs to none as U+DC80–U+DCFF, so that
 * `bytesOfText` gives the same bytes again. JSON keeps such text; a terminal shows U+FFFD for it.
 */
export function textOfBytes(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    let text = "";
    for (let at = 0; at < bytes.byteLength; ) {
      const sequence = sequenceAt(bytes, at);
      text += sequence ?? String.fromCharCode(0xdc00 + (bytes[at] ?? 0));
      at += sequence === undefined ? 1 : encoder.encode(sequence).byteLength;
    }
    return text;
  }
}

/** The bytes that `textOfBytes` made the text of. */
export function bytesOfText(text: string): Uint8Array {
  if (text.isWellFormed()) return encoder.encode(text);
  const escaped = (char: string) => /^[\udc80-\udcff]$/.test(char);
  return concatBytes(
    [...text].map((char) => (escaped(char) ? Uint8Array.of(char.charCodeAt(0) & 0xff) : encoder.encode(char))),
  );
}

/** Text in UTF-16, little-endian, whatever is in it: unlike a TextDecoder it keeps halves of pairs. */
export function textOfUtf16(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf16le");
}

/** UTF-16, little-endian, of a text. */
export function utf16OfText(text: string): Uint8Array {
  return Buffer.from(text, "utf16le");
}

/** The text before the first NUL byte, as `textOfBytes` gives it. */
export function textBeforeNul(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return textOfBytes(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

/** A view over the bytes' own memory. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * A GUID in its on-disk order (first three fields little-endian) → upper-case text. Source: UEFI specification,
 * appendix A.
 */
export function guidToText(bytes: Uint8Array): string {
  const h = toHex(bytes).toUpperCase();
  const swap = (from: number, to: number) => (h.slice(from, to).match(/../g) ?? []).reverse().join("");
  return `${swap(0, 8)}-${swap(8, 12)}-${swap(12, 16)}-${h.slice(16, 20)}-${h.slice(20, 32)}`;
}

/** The text of a GUID, in either case → its 16 bytes in their on-disk order. */
export function guidToBytes(text: string): Uint8Array {
  const digits = text.replaceAll("-", "");
  const swap = (from: number, to: number) => (digits.slice(from, to).match(/../g) ?? []).reverse().join("");
  return Uint8Array.from(Buffer.from(`${swap(0, 8)}${swap(8, 12)}${swap(12, 16)}${digits.slice(16)}`, "hex"));
}

/** 16 bytes as they are → a lower-case UUID (RFC 4122 text form). */
export function uuidToText(bytes: Uint8Array): string {
  const h = toHex(bytes);
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20, 32)}`;
}
