import { msg } from "../../base/message.ts";
import { MIB, parseSize } from "../../base/units.ts";
import { cannot } from "./flaw.ts";

/** What a size is a part of. */
export interface Room {
  /** Whom messages name. */
  readonly about: string;
  /** What is 100 %. */
  readonly totalBytes: number;
  /** What `rest` is: what the thing has itself, and all that is free. */
  readonly freeBytes: number;
  /** Sizes are multiples of it. */
  readonly unitBytes?: number;
}

/** Bytes of `20g`, `700 MiB`, `50%` or `rest`, in whole units (MiB). Throws a refusal. */
export function bytesFor(text: string, { about, totalBytes, freeBytes, unitBytes = MIB }: Room): number {
  const words = text.trim().toLowerCase();
  const whole = (bytes: number) => Math.floor(bytes / unitBytes) * unitBytes;
  const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(words)?.[1];
  const plain = words.replace(/^(\d+(?:\.\d+)?)\s*([kmgt])i?b?$/, "$1$2");
  const isSize = /^\d+(\.\d+)?[kmgt]?b?$/.test(plain);
  if (words !== "rest" && percent === undefined && !isSize) {
    throw cannot(
      about,
      msg`"${text}" is not a size`,
      msg`Write a number with k, m, g or t (4g), a part (50%), or rest.`,
    );
  }
  if (words === "rest") return whole(freeBytes);
  const bytes = percent === undefined ? parseSize(plain) : (totalBytes * Number(percent)) / 100;
  const aligned = percent === undefined ? Math.ceil(bytes / unitBytes) * unitBytes : whole(bytes);
  if (aligned <= 0 || !Number.isSafeInteger(aligned)) {
    throw cannot(
      about,
      msg`"${text}" is not a size that a device can have`,
      msg`Write a larger one, such as 4g or 50%.`,
    );
  }
  return aligned;
}
