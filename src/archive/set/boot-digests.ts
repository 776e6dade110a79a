/**
 * Digests of what boots on a medium (kernel, initrd, loaders, menus): the file `boot.sha256` beside the manifest, in
 * the format of sha256sum. Source: FORMAT.md, What boots.
 */
import { MondoError } from "../../base/errors.ts";
import type { VolumeInfo } from "../set-files.ts";

export const BOOT_LIST_NAME = "boot.sha256";
/** Its length: it is reserved before the image is made, and filled in when its files lie where they belong. */
export const BOOT_LIST_BYTES = 8192;
/** The start of an image, where firmware looks: boot sector, partition table, volume descriptors, El Torito record. */
export const BOOT_HEAD_BYTES = 20 * 2048;

/** What the list names; names are relative to the root of the medium. */
export interface BootDigests {
  /** Of the first BOOT_HEAD_BYTES of the image; absent: the set is a directory, which nothing boots from by itself. */
  readonly head?: string;
  readonly files: readonly Pick<VolumeInfo, "name" | "sha256">[];
}

const TITLE = "# What boots on this medium. To check it: sha256sum -c mondo/boot.sha256, where it is mounted.";
const HEAD = `# The first ${BOOT_HEAD_BYTES} bytes of the image: `;

/** The list as text of BOOT_LIST_BYTES. */
export function encodeBootDigests({ head, files }: BootDigests): string {
  const lines = [
    TITLE,
    ...(head === undefined ? [] : [`${HEAD}${head}`]),
    ...files.map(({ name, sha256 }) => `${sha256}  ${name}`),
    "#",
  ];
  const text = lines.join("\n");
  if (text.length < BOOT_LIST_BYTES) return `${text.padEnd(BOOT_LIST_BYTES - 1)}\n`;
  throw new MondoError("bug", `the list of what boots has ${text.length} characters, more than ${BOOT_LIST_BYTES}`);
}

/** Text that takes the place of a list until the image is there. */
export const bootListToBe = (): string => `${"#".padEnd(BOOT_LIST_BYTES - 1)}\n`;

/** Reads a list; undefined when it is none. */
export function decodeBootDigests(text: string): BootDigests | undefined {
  const lines = text.split("\n");
  const head = lines.find((line) => line.startsWith(HEAD))?.slice(HEAD.length);
  const files = lines.flatMap((line) => {
    const [, sha256, name] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    return sha256 !== undefined && name !== undefined ? [{ name, sha256 }] : [];
  });
  const known = lines.filter((line) => line.startsWith("#") || line === "").length + files.length;
  if (files.length === 0 || known !== lines.length) return undefined;
  return head === undefined ? { files } : { head, files };
}
