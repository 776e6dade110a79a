import { type Crypttab, type Layout, type Luks, nodesOf } from "./types.ts";

/** The line of crypttab that opens a volume. */
export function crypttabEntryOf(layout: Layout, { name }: Luks): Crypttab["entries"][number] | undefined {
  return nodesOf(layout, "crypttab")
    .flatMap((table) => table.entries)
    .find((entry) => entry.name === name);
}

/**
 * The path of a key file that lies in the system itself; undefined for questions, scripts, devices and other file
 * systems.
 */
export function keyFileOf(layout: Layout, luks: Luks): string | undefined {
  const entry = crypttabEntryOf(layout, luks);
  const scripted = entry?.options.some((option) => option.startsWith("keyscript="));
  if (!entry || scripted || !/^\/(?!dev\/|run\/|proc\/)[^:]+$/.test(entry.key)) return undefined;
  return entry.key;
}
