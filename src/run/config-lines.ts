import type { Host } from "../host/host.ts";

/** A line that an edited layout made untrue, as a comment. */
export const struckOut = (line: string): string => `# mondo: not in the edited layout: ${line.trim()}`;

/** Whether a line begins with these words, or has a setting (`UUID=x`) anywhere. */
function has(line: string, wanted: string): boolean {
  const words = line.trim().split(/\s+/);
  if (wanted.includes("=")) return !line.trim().startsWith("#") && words.includes(wanted);
  return words.slice(0, wanted.split(" ").length).join(" ") === wanted;
}

/** Lines that `has()` finds as comments, and further lines at the end. */
export function changedConfigLines(text: string, without: readonly string[], add: readonly string[]): string {
  const lines = text.split("\n").map((line) => (without.some((wanted) => has(line, wanted)) ? struckOut(line) : line));
  const missing = add.filter((line) => !lines.includes(line));
  const whole = lines.join("\n");
  if (missing.length === 0) return whole;
  return `${whole}${whole === "" || whole.endsWith("\n") ? "" : "\n"}${missing.join("\n")}\n`;
}

/**
 * Changes a configuration file of the restored system, which keeps owner, mode and attributes; one that has to be made
 * is everybody's.
 */
export function changeConfigLines(
  host: Host,
  {
    path,
    without,
    add,
  }: { readonly path: string; readonly without: readonly string[]; readonly add: readonly string[] },
): void {
  const before = host.tryReadText(path);
  if (before === undefined && (add.length === 0 || host.stat(path.replace(/\/[^/]*$/, ""))?.kind !== "directory"))
    return;
  const after = changedConfigLines(before ?? "", without, add);
  if (before === undefined) host.write(path, after);
  else if (after !== before) host.replace(path, after);
}
