import { guidToText, viewOf } from "../../base/bytes.ts";

/** A UEFI boot option that may start a file on a GPT partition. */
export interface EfiLoadOption {
  readonly label: string;
  readonly active: boolean;
  /** PARTUUID, upper case, when the path names a GPT partition. */
  readonly partitionUuid?: string;
  /** With backslashes, as the firmware writes it. */
  readonly file?: string;
}

function utf16(bytes: Uint8Array): string {
  const text = new TextDecoder("utf-16le").decode(bytes);
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

/** Walks the device path: a hard-drive node (4,1) names the partition, file nodes (4,4) the file. */
function decodeDevicePath(path: Uint8Array): { partitionUuid?: string; file?: string } {
  const found: { partitionUuid?: string; file?: string } = {};
  const view = viewOf(path);
  for (let at = 0; at + 4 <= path.byteLength; ) {
    const [type, subtype, length] = [view.getUint8(at), view.getUint8(at + 1), view.getUint16(at + 2, true)];
    if (length < 4 || at + length > path.byteLength || type === 0x7f) break;
    const body = path.subarray(at + 4, at + length);
    if (type === 4 && subtype === 1 && body.byteLength >= 38 && body[37] === 2) {
      found.partitionUuid = guidToText(body.subarray(20, 36));
    }
    if (type === 4 && subtype === 4) found.file = `${found.file ?? ""}${utf16(body)}`;
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
  return {
    label: utf16(bytes.subarray(6, end)),
    active: (view.getUint32(0, true) & 1) !== 0,
    ...decodeDevicePath(bytes.subarray(pathStart, pathEnd)),
  };
}
