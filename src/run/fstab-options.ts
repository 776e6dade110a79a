import type { Effect } from "../effects/effect.ts";
import { unescapeOctal } from "../formats/fs/mount-tables.ts";

type Changes = Extract<Effect, { do: "fstabOptions" }>["changes"];

/** Replaces the options of lines with this mount point and exactly these options; keeps blanks and comments. */
export function changeFstabOptions(text: string, changes: Changes): string {
  const change = (line: string): string => {
    const parts = /^(\s*[^#\s]\S*\s+)(\S+)(\s+\S+\s+)(\S+)(.*)$/s.exec(line);
    const [, head = "", path = "", middle = "", options = "", tail = ""] = parts ?? [];
    const found = parts && changes.find((one) => one.path === unescapeOctal(path) && one.from === options);
    return found ? `${head}${path}${middle}${found.to}${tail}` : line;
  };
  return text.split("\n").map(change).join("\n");
}
