/**
 * Digests of what boots on a medium (kernel, initrd, loaders, menus): the file `boot.sha256` beside the manifest, in
 * the format of sha256sum. Source: FORMAT.md, What boots.
 */

import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { VolumeInfo } from "../set-files.ts";

export const BOOT_LIST_NAME = "boot.sha256";
/** Its length, whatever is in it: its place is known before what it says of the image's start. */
export const BOOT_LIST_BYTES = 8192;
/** The start of an image, where firmware looks: boot sector, partition table, volume descriptors, El Torito record. */
export const BOOT_HEAD_BYTES = 20 * 2048;

/** What the list names; names are relative to the root of the medium. */
export interface BootDigests {
  /** Of the first BOOT_HEAD_BYTES of the image; absent: the set is a directory, which nothing boots from by itself. */
  readonly head?: string;
  readonly files: readonly Pick<VolumeInfo, "name" | "sha256">[];
  /** The set that it boots for; absent in lists that are not signed. */
  readonly set?: string;
}

/** A list as it was read. */
export interface ReadBootDigests extends BootDigests {
  /** What was signed, with its signature. Absent: it was not. */
  readonly signed?: { readonly text: string; readonly signature: string };
}

const TITLE = "# What boots on this medium. To check it: sha256sum -c mondo/boot.sha256, where it is mounted.";
const SET = "# The set: ";
const SIGNATURE = "# Signature: ";
const HEAD = `# The first ${BOOT_HEAD_BYTES} bytes of the image: `;

/** What is signed of a list: its lines down to the last digest. */
export function bootTextOf({ head, files, set }: BootDigests): string {
  const lines = [
    TITLE,
    ...(set === undefined ? [] : [`${SET}${set}`]),
    ...(head === undefined ? [] : [`${HEAD}${head}`]),
    ...files.map(({ name, sha256 }) => `${sha256}  ${name}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** The list as text of BOOT_LIST_BYTES. */
export function encodeBootDigests(digests: BootDigests, signature?: string): string {
  const text = `${bootTextOf(digests)}${signature === undefined ? "" : `${SIGNATURE}${signature}\n`}#`;
  if (text.length < BOOT_LIST_BYTES) return `${text.padEnd(BOOT_LIST_BYTES - 1)}\n`;
  throw new MondoError("bug", msg`the list of what boots has ${text.length} characters, more than ${BOOT_LIST_BYTES}`);
}

/** Reads a list; undefined when it is none. */
export function decodeBootDigests(text: string): ReadBootDigests | undefined {
  const lines = text.split("\n");
  const head = lines.find((line) => line.startsWith(HEAD))?.slice(HEAD.length);
  const files = lines.flatMap((line) => {
    const [, sha256, name] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    return sha256 !== undefined && name !== undefined ? [{ name, sha256 }] : [];
  });
  const known = lines.filter((line) => line.startsWith("#") || line === "").length + files.length;
  if (files.length === 0 || known !== lines.length) return undefined;
  const set = lines.find((line) => line.startsWith(SET))?.slice(SET.length);
  const digests = { files, ...(head === undefined ? {} : { head }), ...(set === undefined ? {} : { set }) };
  const signature = lines.find((line) => line.startsWith(SIGNATURE))?.slice(SIGNATURE.length);
  // Only what is made of the digests again counts as signed: no further lines.
  return signature === undefined ? digests : { ...digests, signed: { text: bootTextOf(digests), signature } };
}
