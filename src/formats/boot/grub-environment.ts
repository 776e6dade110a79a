/** GRUB's environment block: text that fills a fixed length, padded with `#`. Source: grub-core/lib/envblk.c. */
const SIGNATURE = "# GRUB Environment Block\n";

/** Its variables. */
export function parseGrubEnvironment(text: string): Record<string, string> {
  const lines = text.split("\n").filter((line) => !line.startsWith("#"));
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, key, value = ""] = /^(\w+)=(.*)$/.exec(line) ?? [];
      return key === undefined ? [] : [[key, value.replace(/\\(.)/g, "$1")]];
    }),
  );
}

/** A changed block in the length that it had, which GRUB can't change; any other text stays as it is. */
export function refitGrubEnvironment(before: string, after: string): string {
  if (!before.startsWith(SIGNATURE) || before === after) return after;
  const content = after.replace(/#*$/, "");
  return content.length > before.length ? after : content.padEnd(before.length, "#");
}
