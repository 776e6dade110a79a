import { OutputFile } from "../../archive/output-file.ts";
import { BOOT_HEAD_BYTES, BOOT_LIST_BYTES, BOOT_LIST_NAME, type BootDigests } from "../../archive/set/boot-digests.ts";
import { bootFilesOf } from "../../archive/set/boot-part.ts";
import { encodeText } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { alignUp, MIB } from "../../base/units.ts";
import { DIRECTORY_ROOM, growIso, grownTailBytes, type IsoFront, readIsoFront } from "../../formats/fs/grown-iso.ts";
import { ISO_SECTOR } from "../../formats/fs/iso9660.ts";
import type { PlacedFile } from "../../formats/fs/iso9660-directory.ts";
import { sha256 } from "../../host/compress.ts";
import type { Host } from "../../host/host.ts";
import { type BootSigner, digestOf, signedList } from "../boot-list.ts";

/** A file that goes onto a medium behind its volumes: bytes, or a file of that length. */
export type HeadFile = { readonly name: string; readonly sizeBytes: number } & (
  | { readonly bytes: Uint8Array }
  | { readonly path: string }
);

/** A file of some text. */
export function headOf(name: string, text: string): HeadFile {
  const bytes = encodeText(text);
  return { name, sizeBytes: bytes.byteLength, bytes };
}

const SET_DIRECTORY = "mondo";
const COPY_BYTES = 4 * MIB;

export interface CompleteOptions {
  /** Digests of what boots are put into an image that does, and signed by it. */
  readonly signer?: BootSigner;
  readonly signal?: AbortSignal;
}

/** An image with an empty directory `/mondo`, which volumes are appended to as they come. */
export class GrowingImage {
  readonly path: string;
  readonly #host: Host;
  readonly #front: IsoFront;
  readonly #file: OutputFile;
  readonly #volumes: PlacedFile[] = [];
  /** Digests of what boots; undefined: nothing does. */
  readonly #boots: BootDigests["files"] | undefined;
  #isComplete = false;
  #begun: { readonly name: string; readonly offset: number } | undefined;

  /** Opens an image that `buildIso()` wrote. */
  constructor(host: Host, path: string, boots: boolean) {
    this.path = path;
    this.#host = host;
    this.#front = readIsoFront((offset, length) => host.readAt(path, offset, length), SET_DIRECTORY);
    this.#boots = boots
      ? [...bootFilesOf(host, path)].map(([name, span]) => ({ name, sha256: digestOf(host, span) }))
      : undefined;
    const slash = path.lastIndexOf("/");
    this.#file = new OutputFile(path.slice(0, slash), path.slice(slash + 1), this.#front.endOffset);
    this.#file.write(new Uint8Array(DIRECTORY_ROOM));
  }

  /** Where the first volume begins. */
  get startOffset(): number {
    return this.#front.endOffset + DIRECTORY_ROOM;
  }

  /** Where the next file would begin. */
  get endOffset(): number {
    return alignUp(this.#file.size, ISO_SECTOR);
  }

  /** Nothing is missing in it. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Bytes that are needed behind the last file, at most, for files of these lengths besides the volumes. */
  tailBytes(sizes: readonly number[]): number {
    return grownTailBytes(this.#front, [...sizes, ...this.#volumes.map(({ sizeBytes }) => sizeBytes)]);
  }

  get volumes(): readonly PlacedFile[] {
    return this.#volumes;
  }

  begin(name: string): void {
    this.#align();
    this.#begun = { name, offset: this.#file.size };
  }

  write(bytes: Uint8Array): void {
    this.#file.write(bytes);
  }

  /** The volume is complete, and on the disk. */
  end(): void {
    if (!this.#begun) return;
    this.#volumes.push({ ...this.#begun, sizeBytes: this.#file.size - this.#begun.offset });
    this.#begun = undefined;
    this.#file.sync();
  }

  /** Takes over the last volume of another image, which loses it. */
  takeFrom(other: GrowingImage): PlacedFile | undefined {
    const volume = other.#volumes.at(-1);
    if (!volume) return undefined;
    this.begin(volume.name);
    this.#copy(other.path, volume.offset, volume.sizeBytes);
    this.end();
    other.#volumes.pop();
    other.#cut();
    return volume;
  }

  /**
   * Makes an image of it: these files and the digests of what boots follow the volumes, then comes its end, and its
   * start is put right. Until the last write its directory is empty. When it fails it may be tried again
   * with less. Returns the image's length.
   */
  async complete(heads: readonly HeadFile[], { signer, signal }: CompleteOptions = {}): Promise<number> {
    this.#cut();
    const boots = signer ? this.#boots : undefined;
    const list = boots ? [{ name: BOOT_LIST_NAME, sizeBytes: BOOT_LIST_BYTES }] : [];
    let end = this.endOffset;
    const placed = [...list, ...heads].map(({ name, sizeBytes }) => {
      const offset = alignUp(end, ISO_SECTOR);
      end = offset + sizeBytes;
      return { name, offset, sizeBytes };
    });
    const grown = growIso(this.#front, [...this.#volumes, ...placed], end);
    if (boots && signer) {
      const head = sha256(grown.front.subarray(0, BOOT_HEAD_BYTES));
      this.#head(headOf(BOOT_LIST_NAME, await signedList(this.#host, { head, files: boots }, signer)));
    }
    for (const head of heads) {
      // Somebody may have pressed Ctrl-C meanwhile.
      await this.#host.sleep(0);
      signal?.throwIfAborted();
      this.#head(head);
    }
    this.#align();
    for (const { offset, bytes } of grown.tail) this.#file.patch(offset, bytes);
    this.#file.resize(grown.sizeBytes);
    this.#file.sync();
    for (const { offset, bytes } of grown.patches.slice(0, -1)) this.#file.patch(offset, bytes);
    // With it the files appear: after a power cut, too, it must not be there without the rest.
    this.#file.sync();
    for (const { offset, bytes } of grown.patches.slice(-1)) this.#file.patch(offset, bytes);
    // Not finish(), which closes it even when that fails: it may be tried again.
    this.#file.sync();
    this.#file.close();
    this.#isComplete = true;
    return grown.sizeBytes;
  }

  /** Gone, with its space. */
  discard(): void {
    this.#file.discard();
  }

  /** Behind the volumes nothing remains. */
  #cut(): void {
    const last = this.#volumes.at(-1);
    this.#file.resize(last ? last.offset + last.sizeBytes : this.startOffset);
  }

  #align(): void {
    this.#file.write(new Uint8Array(this.endOffset - this.#file.size));
  }

  #head(head: HeadFile): void {
    this.#align();
    if ("bytes" in head) this.#file.write(head.bytes);
    else this.#copy(head.path, 0, head.sizeBytes);
  }

  #copy(path: string, offset: number, sizeBytes: number): void {
    for (let at = 0; at < sizeBytes; at += COPY_BYTES) {
      const wanted = Math.min(COPY_BYTES, sizeBytes - at);
      const bytes = this.#host.readAt(path, offset + at, wanted);
      if (bytes.byteLength < wanted)
        throw new MondoError("damaged", msg`${path} has become shorter while it was copied`);
      this.#file.write(bytes);
    }
  }
}
