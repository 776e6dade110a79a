import type { FstabLine, FstabLineChange } from "../effects/effect.ts";
import { unescapeOctal } from "../formats/fs/mount-tables.ts";
import { struckOut } from "./config-lines.ts";

/** A word as fstab takes it (fstab(5)). */
const escaped = (text: string) =>
  text.replace(/[\s\\#]/g, (sign) => `\\${sign.charCodeAt(0).toString(8).padStart(3, "0")}`);

/** Root first, then others; what checks itself, and swap, never. */
const passFor = ({ path, type }: FstabLine) =>
  type === "swap" || type === "xfs" || type === "btrfs" ? "0" : path === "/" ? "1" : "2";

const textOf = (line: FstabLine, dump: string, pass: string) =>
  [escaped(line.spec), escaped(line.path), line.type, line.options, dump, pass].join(" ");

/** Changes lines of fstab; all others stay as they are, blanks and comments too. */
export function changeFstabLines(text: string, changes: readonly FstabLineChange[]): string {
  const open = changes.filter(({ was }) => was !== undefined);
  const change = (line: string): string => {
    const [spec = "", path = "", , , dump = "0", pass] = line.trim().split(/\s+/);
    if (line.trim().startsWith("#") || path === "") return line;
    const plain = unescapeOctal(spec).replaceAll('"', "");
    const at = open.findIndex(({ was }) => was?.path === unescapeOctal(path) && was.spec.replaceAll('"', "") === plain);
    const [found] = at < 0 ? [] : open.splice(at, 1);
    if (!found) return line;
    const { was, now } = found;
    if (!now) return struckOut(line);
    const same = was?.type === now.type || pass === undefined || pass === "0";
    return textOf(now, dump, same ? (pass ?? "0") : passFor(now));
  };
  const lines = text.split("\n").map(change);
  // One that was to be changed and isn't there is wanted all the same.
  const fresh = changes.filter((one) => one.was === undefined || open.includes(one));
  const added = fresh.flatMap(({ now }) => (now ? [textOf(now, "0", passFor(now))] : []));
  if (added.length === 0) return lines.join("\n");
  const whole = lines.join("\n");
  return `${whole}${whole === "" || whole.endsWith("\n") ? "" : "\n"}${added.join("\n")}\n`;
}
