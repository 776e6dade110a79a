import { concatBytes, guidToBytes, guidToText, viewOf } from "../../base/bytes.ts";

/** A UEFI boot option that may start a file on a partition. */
export interface EfiLoadOption {
  readonly label: string;
  readonly active: boolean;
  /** All bits of its attributes; the lowest one is `active`. */
  readonly attributes: number;
  /** PARTUUID when the path names a partition: upper case of a GPT, as the kernel writes it of an MBR. */
  readonly partitionUuid?: string;
  /** With backslashes, as the firmware writes it. */
  readonly file?: string;
  /** Bytes that are handed to what it starts: a kernel's command line, as a rule. */
  readonly data?: Uint8Array;
}

/** What a boot option is made of. */
export interface EfiLoadOptionParts extends Pick<EfiLoadOption, "label" | "attributes" | "file" | "data"> {
  readonly partitionUuid: string;
  /** Number of the partition, and its place in sectors of its disk. */
  readonly partition: number;
  readonly firstSector: number;
  readonly sectors: number;
}

/** Types of a device path's nodes, and how a hard drive's node identifies its partition. */
const MEDIA = 4;
const END = 0x7f;
const HARD_DRIVE = 1;
const FILE_PATH = 4;
const BY_MBR = 1;
const BY_GUID = 2;

/** Half a surrogate pair stays what it is. */
function utf16(bytes: Uint8Array): string {
  const view = viewOf(bytes);
  let text = "";
  for (let at = 0; at + 1 < bytes.byteLength; at += 2) {
    const code = view.getUint16(at, true);
    if (code === 0) break;
    text += String.fromCharCode(code);
  }
  return text;
}

function utf16Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array((text.length + 1) * 2);
  const view = viewOf(bytes);
  for (let at = 0; at < text.length; at++) view.setUint16(at * 2, text.charCodeAt(at), true);
  return bytes;
}

/** The partition that the body of a hard drive's node names. */
function partitionOf(body: Uint8Array): string | undefined {
  if (body.byteLength < 38) return undefined;
  if (body[37] === BY_GUID) return guidToText(body.subarray(20, 36));
  if (body[37] !== BY_MBR) return undefined;
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0");
  return `${hex(viewOf(body).getUint32(20, true), 8)}-${hex(viewOf(body).getUint32(0, true), 2)}`;
}

/** Walks the device path: a hard-drive node (4,1) names the partition, file nodes (4,4) the file. */
function decodeDevicePath(path: Uint8Array): { partitionUuid?: string; file?: string } {
  const found: { partitionUuid?: string; file?: string } = {};
  const view = viewOf(path);
  for (let at = 0; at + 4 <= path.byteLength; ) {
    const [type, subtype, length] = [view.getUint8(at), view.getUint8(at + 1), view.getUint16(at + 2, true)];
    if (length < 4 || at + length > path.byteLength || type === END) break;
    const body = path.subarray(at + 4, at + length);
    const partitionUuid = type === MEDIA && subtype === HARD_DRIVE ? partitionOf(body) : undefined;
    if (partitionUuid !== undefined) found.partitionUuid = partitionUuid;
    if (type === MEDIA && subtype === FILE_PATH) found.file = `${found.file ?? ""}${utf16(body)}`;
    at += length;
  }
  return found;
}

/**
 * Reads an EFI_LOAD_OPTION (UEFI specification 2.10, 3.1.3), without the 4 bytes that efivarfs puts before it;
 * undefined when it is cut short.
 */
export function decodeEfiLoadOption(bytes: Uint8Array): EfiLoadOption | undefined {
  if (bytes.byteLength < 8) return undefined;
  const view = viewOf(bytes);
  let end = 6;
  while (end + 1 < bytes.byteLength && view.getUint16(end, true) !== 0) end += 2;
  const pathStart = end + 2;
  const pathEnd = pathStart + view.getUint16(4, true);
  if (pathEnd > bytes.byteLength) return undefined;
  const attributes = view.getUint32(0, true);
  return {
    label: utf16(bytes.subarray(6, end)),
    active: (attributes & 1) !== 0,
    attributes,
    ...decodeDevicePath(bytes.subarray(pathStart, pathEnd)),
    ...(pathEnd < bytes.byteLength ? { data: bytes.slice(pathEnd) } : {}),
  };
}

function node(type: number, subtype: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + body.byteLength);
  bytes.set([type, subtype]);
  viewOf(bytes).setUint16(2, bytes.byteLength, true);
  bytes.set(body, 4);
  return bytes;
}

/** Source: UEFI specification 2.10, 10.3.5.1. */
function hardDrive({ partition, firstSector, sectors, partitionUuid }: EfiLoadOptionParts): Uint8Array {
  const body = new Uint8Array(38);
  const view = viewOf(body);
  const signature = /^([0-9a-f]{8})-[0-9a-f]{2,}$/i.exec(partitionUuid)?.[1];
  view.setUint32(0, partition, true);
  view.setBigUint64(4, BigInt(firstSector), true);
  view.setBigUint64(12, BigInt(sectors), true);
  if (signature === undefined) body.set(guidToBytes(partitionUuid).subarray(0, 16), 20);
  else view.setUint32(20, Number.parseInt(signature, 16), true);
  const kind = signature === undefined ? BY_GUID : BY_MBR;
  body.set([kind, kind], 36);
  return node(MEDIA, HARD_DRIVE, body);
}

/**
 * Writes an EFI_LOAD_OPTION whose path begins at the partition, which any firmware finds wherever the disk is
 * attached.
 */
export function encodeEfiLoadOption(parts: EfiLoadOptionParts): Uint8Array {
  const { label, attributes, file, data = new Uint8Array(0) } = parts;
  const path = concatBytes([
    hardDrive(parts),
    ...(file === undefined ? [] : [node(MEDIA, FILE_PATH, utf16Bytes(file))]),
    node(END, 0xff, new Uint8Array(0)),
  ]);
  const head = new Uint8Array(6);
  viewOf(head).setUint32(0, attributes, true);
  viewOf(head).setUint16(4, path.byteLength, true);
  return concatBytes([head, utf16Bytes(label), path, data]);
}
