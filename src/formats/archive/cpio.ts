import { concatBytes, decodeText, encodeText } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";

/** What an archive in "newc" format can hold. Paths are relative, without a leading slash. */
export interface CpioEntry {
  readonly path: string;
  readonly kind: "file" | "directory" | "symlink" | "char" | "block";
  /** Permission bits. */
  readonly mode: number;
  /** File content, or the target of a symlink. */
  readonly content?: Uint8Array;
  readonly device?: { readonly major: number; readonly minor: number };
}

const MAGIC = "070701";
const HEADER_BYTES = 110;
const TRAILER = "TRAILER!!!";
const TYPE_BITS = { file: 0o100000, directory: 0o040000, symlink: 0o120000, char: 0o020000, block: 0o060000 } as const;

const pad4 = (length: number) => (4 - (length % 4)) % 4;

function header(path: string, fields: { mode: number; ino: number; size: number; major: number; minor: number }) {
  const name = encodeText(path);
  const links = fields.mode >> 12 === 4 ? 2 : 1;
  const numbers = [
    fields.ino,
    fields.mode,
    0, // uid
    0, // gid
    links,
    0, // mtime: the same input gives the same bytes
    fields.size,
    0,
    0,
    fields.major,
    fields.minor,
    name.byteLength + 1,
    0, // checksum, unused in newc
  ];
  const head = MAGIC + numbers.map((n) => n.toString(16).padStart(8, "0")).join("");
  const padding = pad4(HEADER_BYTES + name.byteLength + 1);
  return concatBytes([encodeText(head), name, new Uint8Array(1 + padding)]);
}

/**
 * A "newc" cpio archive with its trailer, padded to 4 bytes. Owners are root, times 0, inode numbers sequential: the
 * same entries give the same bytes. Order is the caller's (directories before what is in them). Source: Linux
 * Documentation/driver-api/early-userspace/buffer-format.rst.
 */
export function encodeCpio(entries: readonly CpioEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  entries.forEach((entry, index) => {
    const content = entry.content ?? new Uint8Array();
    if (content.byteLength > 0xffffffff) {
      throw new MondoError("unsupported", msg`${entry.path} is larger than 4 GiB: a cpio archive can't hold it`);
    }
    const { major, minor } = entry.device ?? { major: 0, minor: 0 };
    const mode = TYPE_BITS[entry.kind] | (entry.mode & 0o7777);
    parts.push(header(entry.path, { mode, ino: index + 1, size: content.byteLength, major, minor }), content);
    parts.push(new Uint8Array(pad4(content.byteLength)));
  });
  parts.push(header(TRAILER, { mode: 0, ino: 0, size: 0, major: 0, minor: 0 }));
  return concatBytes(parts);
}

function kindOf(mode: number, path: string): CpioEntry["kind"] {
  for (const [kind, bits] of Object.entries(TYPE_BITS)) {
    if ((mode & 0o170000) === bits) return kind as CpioEntry["kind"];
  }
  throw new MondoError("format", msg`the cpio entry ${path} is of a type that this program doesn't know`);
}

function damaged(at: number, what: string): MondoError {
  return new MondoError("damaged", msg`the cpio archive is damaged at byte ${at}: ${what}`, { data: { offset: at } });
}

/** The entries of one uncompressed archive up to its trailer. Throws `damaged` for anything else. */
export function decodeCpio(bytes: Uint8Array): CpioEntry[] {
  const entries: CpioEntry[] = [];
  let at = 0;
  for (;;) {
    if (at + HEADER_BYTES > bytes.byteLength) throw damaged(at, msg`it ends without its trailer`);
    const text = decodeText(bytes.subarray(at, at + HEADER_BYTES));
    if (!/^07070[12][0-9a-fA-F]{104}$/.test(text)) throw damaged(at, msg`no header is there`);
    const field = (index: number) => Number.parseInt(text.slice(6 + index * 8, 14 + index * 8), 16);
    const nameEnd = at + HEADER_BYTES + field(11);
    const contentAt = nameEnd + pad4(HEADER_BYTES + field(11));
    const size = field(6);
    if (field(11) === 0 || contentAt + size > bytes.byteLength) throw damaged(at, msg`an entry is cut off`);
    const path = decodeText(bytes.subarray(at + HEADER_BYTES, nameEnd - 1));
    if (path === TRAILER) return entries;
    const kind = kindOf(field(1), path);
    entries.push({
      path,
      kind,
      mode: field(1) & 0o7777,
      ...(kind === "file" || kind === "symlink" ? { content: bytes.slice(contentAt, contentAt + size) } : {}),
      ...(kind === "char" || kind === "block" ? { device: { major: field(9), minor: field(10) } } : {}),
    });
    at = contentAt + size + pad4(size);
  }
}
