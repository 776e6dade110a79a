import { msg } from "../base/message.ts";

const shown = (value: unknown): string => JSON.stringify(value) ?? "absent";

/** The fields in which what was found differs from what was wanted, a sentence each. */
export function differing(name: string, wanted: object, found: object, keys: readonly string[]): string[] {
  const [a, b] = [wanted as Record<string, unknown>, found as Record<string, unknown>];
  return keys
    .filter((key) => shown(a[key]) !== shown(b[key]))
    .map((key) => msg`${name}: ${key} is ${shown(b[key])} instead of ${shown(a[key])}`);
}

/** What identifies a content for people: its label and UUID. */
export function identified(node: { readonly label?: string; readonly uuid?: string }): string {
  const words = [node.label === undefined ? "" : `"${node.label}"`, node.uuid === undefined ? "" : `UUID=${node.uuid}`];
  return words.filter((word) => word !== "").join(" ");
}
