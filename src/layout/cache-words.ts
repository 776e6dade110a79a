import { msg } from "../base/message.ts";

/** `by fast (16.0 MiB, writeback)`, which sets have in English, for people. */
export function cacheWords(cache = ""): string {
  const by = /^by (.*)$/.exec(cache)?.[1];
  return by === undefined ? cache : msg`by ${by}`;
}
