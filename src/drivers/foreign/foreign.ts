import type { DeviceReader } from "../contracts.ts";

/** Something that holds data and that we can't make again: it is refused, or saved as an image. */
export interface Foreign {
  /** As a noun phrase: "an NTFS file system". */
  readonly what: string;
  /** Where its signature may lie, in bytes. */
  readonly at: (sizeBytes: number) => readonly number[];
  readonly magic: readonly string[];
  /** As blkid writes it, where fstab may name it by that. */
  uuid?(read: DeviceReader): string | undefined;
  /** Ranges that hold something ([offset, length, …], ascending); undefined: that can't be told, all of it may. */
  usedRanges?(read: DeviceReader, sizeBytes: number): readonly number[] | undefined;
}

/** The same places whatever the size. */
export const fixed =
  (...offsets: number[]) =>
  (): readonly number[] =>
    offsets;

/** So many bytes before the end. */
export const beforeEnd =
  (...distances: number[]) =>
  (sizeBytes: number): readonly number[] =>
    distances.map((distance) => sizeBytes - distance);
