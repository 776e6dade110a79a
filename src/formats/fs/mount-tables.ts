import { type ByteString, byteStringToBytes, textOfBytes, toByteString } from "../../base/bytes.ts";
import { coveredMounts } from "./covered-mounts.ts";

/** One line of /proc/self/mountinfo. Source: proc(5). */
export interface MountLine {
  readonly devno: string;
  /** Directory of the file system that is mounted. */
  readonly root: string;
  readonly path: string;
  /** Options of this mount and of the file system, without repetition. */
  readonly options: string;
  readonly type: string;
  readonly source: string;
}

/** The kernel writes space, tab, newline and backslash as three octal digits. */
export function unescapeOctal(text: string): string {
  if (!text.includes("\\")) return text;
  const escaped = toByteString(text);
  const bytes = escaped.replace(/\\([0-3][0-7]{2})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)));
  return textOfBytes(byteStringToBytes(bytes as ByteString));
}

function parseLine(line: string): MountLine | undefined {
  const words = line.split(" ");
  const dash = words.indexOf("-");
  const [, , devno, root, path, options] = words;
  const [type, source, superOptions] = words.slice(dash + 1);
  if (dash < 6 || !devno || !root || !path || !type || source === undefined) return undefined;
  const all = new Set(
    [...(options ?? "").split(","), ...(superOptions ?? "").split(",")].filter((word) => word !== ""),
  );
  if (all.has("ro") && (options ?? "").split(",").includes("rw")) all.delete("rw");
  return {
    devno,
    root: unescapeOctal(root),
    path: unescapeOctal(path),
    options: [...all].join(","),
    type,
    source: unescapeOctal(source),
  };
}

/**
 * Mounts in the order of mounting: those that can be seen; or those that a later one hides, at the same path or above
 * (`covered`); or `all`.
 */
export function parseMountinfo(text: string, which: "seen" | "covered" | "all" = "seen"): MountLine[] {
  const lines = text.split("\n").flatMap((line) => {
    const [id = "", parent = ""] = line.split(" ", 2);
    const parsed = parseLine(line);
    return parsed ? [{ id, parent, path: parsed.path, line: parsed }] : [];
  });
  const hidden = which === "all" ? undefined : coveredMounts(lines);
  return lines.filter((one) => !hidden || hidden.has(one) === (which === "covered")).map(({ line }) => line);
}

/** One line of an fstab. Source: fstab(5). */
export interface FstabEntry {
  readonly spec: string;
  readonly path: string;
  readonly type: string;
  readonly options: string;
  readonly dump: number;
  readonly pass: number;
}

/** The entries of an fstab; comments and lines that are none are left out. */
export function parseFstab(text: string): FstabEntry[] {
  return text.split("\n").flatMap((line) => {
    const words = line.trim().split(/\s+/);
    const [spec, path, type, options, dump, pass] = words;
    if (!spec || spec.startsWith("#") || !path || !type) return [];
    return [
      {
        spec: unescapeOctal(spec),
        path: unescapeOctal(path),
        type,
        options: options ?? "defaults",
        dump: Number(dump ?? 0) || 0,
        pass: Number(pass ?? 0) || 0,
      },
    ];
  });
}

/** Paths of active swap areas, from /proc/swaps. */
export function parseSwaps(text: string): { path: string; type: string }[] {
  return text
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [path, type] = line.trim().split(/\s+/);
      return path && type ? [{ path: unescapeOctal(path), type }] : [];
    });
}
