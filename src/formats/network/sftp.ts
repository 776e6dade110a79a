import { concatBytes, decodeText, encodeText, viewOf } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";

/**
 * The SSH file transfer protocol, version 3. Source: draft-ietf-secsh-filexfer-02; extensions: OpenSSH's PROTOCOL, 4.
 */
const REQUESTS = {
  init: 1,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  setstat: 9,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  realpath: 16,
  stat: 17,
  rename: 18,
  extended: 200,
} as const;

/** Kind of a request. */
export type SftpRequestKind = keyof typeof REQUESTS;

/** Part of a request: numbers are 32 bits, bigints 64, texts and bytes go with their length. */
export type SftpField = number | bigint | string | Uint8Array;

/** What every server reads and sends at once (a packet of 34000 bytes). */
export const SFTP_PART_BYTES = 32768;
/** Flags of an open request. */
export const OPEN_FLAGS = { read: 1, write: 2, create: 8, truncate: 16 } as const;

function encodeField(field: SftpField): Uint8Array {
  if (typeof field === "number" || typeof field === "bigint") {
    const bytes = new Uint8Array(typeof field === "number" ? 4 : 8);
    if (typeof field === "number") viewOf(bytes).setUint32(0, field, false);
    else viewOf(bytes).setBigUint64(0, field, false);
    return bytes;
  }
  const content = typeof field === "string" ? encodeText(field) : field;
  return concatBytes([encodeField(content.byteLength), content]);
}

/** A packet. Of `init`, the number is the version. */
export function encodeSftpRequest(
  kind: SftpRequestKind,
  number: number,
  fields: readonly SftpField[] = [],
): Uint8Array {
  const body = concatBytes([encodeField(number), ...fields.map(encodeField)]);
  return concatBytes([encodeField(body.byteLength + 1), Uint8Array.of(REQUESTS[kind]), body]);
}

/** Fields that give a new file or directory its permissions. */
export const permissionFields = (mode: number): readonly SftpField[] => [4, mode];
/** Fields that give a file its size. */
export const sizeFields = (sizeBytes: number): readonly SftpField[] => [1, BigInt(sizeBytes)];

/** What a server tells of a file. */
export interface SftpAttributes {
  readonly sizeBytes: number;
  readonly permissions: number;
  readonly mtimeSeconds: number;
}

/** A server's answer. `number` is that of the request; of `version`, the version. */
export type SftpAnswer = { readonly number: number } & (
  | { readonly kind: "version"; readonly extensions: ReadonlySet<string> }
  | { readonly kind: "status"; readonly code: number; readonly text: string }
  | { readonly kind: "handle"; readonly handle: Uint8Array }
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "name"; readonly names: readonly string[] }
  | { readonly kind: "attributes"; readonly attributes: SftpAttributes }
  | { readonly kind: "extended"; readonly body: Uint8Array }
);

/** Codes of a status. */
export const SFTP_STATUS = {
  ok: 0,
  endOfFile: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  unsupported: 8,
} as const;

/** Larger than any packet of a server that was asked for what we ask for. */
const MOST_PACKET_BYTES = 1 << 20;

/** Reads fields of a packet in their order. */
class FieldReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  #take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.byteLength) {
      throw new MondoError("format", msg`an SFTP packet is shorter than what it announces`);
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.byteLength;
  }

  number(): number {
    return viewOf(this.#take(4)).getUint32(0, false);
  }

  long(): number {
    return Number(viewOf(this.#take(8)).getBigUint64(0, false));
  }

  bytes(): Uint8Array {
    return this.#take(this.number());
  }

  text(): string {
    return decodeText(this.bytes());
  }

  /** Each flag says which field follows. */
  attributes(): SftpAttributes {
    const flags = this.number();
    const sizeBytes = (flags & 1) === 0 ? 0 : this.long();
    if ((flags & 2) !== 0) this.#take(8);
    const permissions = (flags & 4) === 0 ? 0 : this.number();
    const mtimeSeconds = (flags & 8) === 0 ? 0 : viewOf(this.#take(8)).getUint32(4, false);
    const extended = flags >>> 31 === 0 ? 0 : this.number();
    for (let count = 0; count < 2 * extended; count += 1) this.bytes();
    return { sizeBytes, permissions, mtimeSeconds };
  }

  rest(): Uint8Array {
    return this.#take(this.#bytes.byteLength - this.#at);
  }
}

function extensionsOf(fields: FieldReader): ReadonlySet<string> {
  const names = new Set<string>();
  while (!fields.isAtEnd) {
    names.add(fields.text());
    fields.bytes();
  }
  return names;
}

function namesOf(fields: FieldReader): string[] {
  return Array.from({ length: fields.number() }, () => {
    const name = fields.text();
    fields.bytes();
    fields.attributes();
    return name;
  });
}

function decodeAnswer(type: number, body: Uint8Array): SftpAnswer {
  const fields = new FieldReader(body);
  const number = fields.number();
  switch (type) {
    case 2:
      return { kind: "version", number, extensions: extensionsOf(fields) };
    case 101:
      return { kind: "status", number, code: fields.number(), text: fields.isAtEnd ? "" : fields.text() };
    case 102:
      return { kind: "handle", number, handle: fields.bytes().slice() };
    case 103:
      return { kind: "data", number, bytes: fields.bytes() };
    case 104:
      return { kind: "name", number, names: namesOf(fields) };
    case 105:
      return { kind: "attributes", number, attributes: fields.attributes() };
    case 201:
      return { kind: "extended", number, body: fields.rest() };
    default:
      throw new MondoError("format", msg`an SFTP server sent a packet of the unknown type ${type}`);
  }
}

/** Cuts what a server sends into answers. Throws `format` for what can't be SFTP. */
export class SftpReader {
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** The answers that are complete with these bytes. */
  push(bytes: Uint8Array): SftpAnswer[] {
    this.#parts.push(bytes);
    this.#bytes += bytes.byteLength;
    if (this.#bytes < 4 || this.#bytes < this.#wanted()) return [];
    let all = concatBytes(this.#parts);
    const answers: SftpAnswer[] = [];
    while (all.byteLength >= 4) {
      const length = lengthOf(all);
      if (all.byteLength < length) break;
      answers.push(decodeAnswer(all[4] ?? 0, all.subarray(5, length)));
      all = all.subarray(length);
    }
    this.#parts = [all];
    this.#bytes = all.byteLength;
    return answers;
  }

  /** Length of the packet at the beginning: what is too short for it isn't put together again and again. */
  #wanted(): number {
    if ((this.#parts[0]?.byteLength ?? 0) < 4) this.#parts = [concatBytes(this.#parts)];
    return lengthOf(this.#parts[0] ?? new Uint8Array(4));
  }
}

/** Of a packet with its length. A greeting of a login shell would be read as one of a gigabyte. */
function lengthOf(bytes: Uint8Array): number {
  const length = viewOf(bytes).getUint32(0, false);
  if (length >= 5 && length <= MOST_PACKET_BYTES) return length + 4;
  const shown = JSON.stringify(decodeText(bytes.subarray(0, 40)));
  throw new MondoError("format", msg`the server does not speak SFTP: it says ${shown}`, {
    hint: msg`Its login shell may print something: what is started for SFTP must not.`,
  });
}

/** The room that `statvfs@openssh.com` tells of, in bytes. Source: OpenSSH's PROTOCOL, 4.4. */
export function decodeStatvfs(body: Uint8Array): { readonly totalBytes: number; readonly freeBytes: number } {
  const fields = new FieldReader(body);
  fields.long();
  const fragment = fields.long();
  const blocks = fields.long();
  fields.long();
  return { totalBytes: fragment * blocks, freeBytes: fragment * fields.long() };
}
