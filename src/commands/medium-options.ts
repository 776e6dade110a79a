/** What the words of `mondo archive` say of directories and sticks. */
import type { Medium } from "../backup/request.ts";
import { MondoError } from "../base/errors.ts";
import type { ParsedWords } from "./parse.ts";

const usage = (message: string, hint: string) => new MondoError("usage", message, { hint });

const WITH_DIRECTORIES = "Add --layout directory.";

/** What is written: images, or a directory. */
export function layoutOf(words: ParsedWords): Medium {
  const layout = words.values.get("layout") ?? "image";
  const keep = words.values.get("keep");
  if (layout !== "image" && layout !== "directory") {
    throw usage(`--layout ${layout} is unknown`, "Choose image or directory.");
  }
  if (layout === "image") {
    if (keep !== undefined) throw usage("--keep makes sense for dated directories only", WITH_DIRECTORIES);
    return { kind: "images" };
  }
  for (const [key, option] of [
    ["size", "-s"],
    ["scratch", "-S"],
  ] as const) {
    if (words.values.has(key))
      throw usage(`${option} and --layout directory contradict each other`, "Give one of them.");
  }
  return { kind: "directory", ...(keep === undefined ? {} : { keep: keepOf(keep) }) };
}

function keepOf(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw usage(`--keep ${text} is not a number from 1 to 9999`, "Say how many backups are to stay.");
}
