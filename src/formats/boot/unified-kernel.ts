import { decodeText, viewOf } from "../../base/bytes.ts";

/** Where a PE image says that its headers begin, and what they begin with. Source: Microsoft, "PE Format". */
const HEADER_POINTER = 0x3c;
const PE_SIGNATURE = 0x00004550;
const FILE_HEADER_BYTES = 24;
const SECTION_BYTES = 40;
const MOST_SECTIONS = 96;
const LONGEST_TEXT = 64 * 1024;

/** A named part of a PE image. */
interface Section {
  readonly name: string;
  readonly offset: number;
  readonly sizeBytes: number;
}

type Reader = (offset: number, length: number) => Uint8Array;

function sectionsOf(read: Reader): Section[] {
  const head = read(0, HEADER_POINTER + 4);
  if (head.byteLength < HEADER_POINTER + 4 || head[0] !== 0x4d || head[1] !== 0x5a) return [];
  const at = viewOf(head).getUint32(HEADER_POINTER, true);
  const file = read(at, FILE_HEADER_BYTES);
  if (file.byteLength < FILE_HEADER_BYTES || viewOf(file).getUint32(0, true) !== PE_SIGNATURE) return [];
  const count = Math.min(MOST_SECTIONS, viewOf(file).getUint16(6, true));
  const table = read(at + FILE_HEADER_BYTES + viewOf(file).getUint16(20, true), count * SECTION_BYTES);
  return Array.from({ length: Math.floor(table.byteLength / SECTION_BYTES) }, (_, index) => {
    const section = table.subarray(index * SECTION_BYTES, (index + 1) * SECTION_BYTES);
    const [virtual, raw] = [viewOf(section).getUint32(8, true), viewOf(section).getUint32(16, true)];
    return {
      name: decodeText(section.subarray(0, 8)).replace(/\0.*$/s, ""),
      offset: viewOf(section).getUint32(20, true),
      // What follows the virtual size is padding.
      sizeBytes: virtual === 0 ? raw : Math.min(virtual, raw),
    };
  });
}

/**
 * The command line inside a unified kernel image (Boot Loader Specification, type 2); `undefined` for a file that is
 * none, the empty text for one that leaves it to the boot loader. Source: uapi-group.org, "Unified Kernel Image".
 */
export function unifiedCommandLine(read: Reader): string | undefined {
  const sections = sectionsOf(read);
  if (!sections.some(({ name }) => name === ".linux")) return undefined;
  const found = sections.find(({ name }) => name === ".cmdline");
  if (!found) return "";
  return decodeText(read(found.offset, Math.min(found.sizeBytes, LONGEST_TEXT)))
    .replace(/\0.*$/s, "")
    .trim();
}
