/** One line of /etc/crypttab. */
export interface CrypttabEntry {
  readonly name: string;
  readonly source: string;
  /** `none` when a person is asked. */
  readonly key: string;
  readonly options: readonly string[];
}

/** `\040` → a blank: as in fstab. */
const unescaped = (word: string) =>
  word.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)));

/**
 * The lines of /etc/crypttab; comments and what has no second field are left out. Source: crypttab(5), Debian's and
 * systemd's.
 */
export function parseCrypttab(text: string): CrypttabEntry[] {
  return text.split("\n").flatMap((line): CrypttabEntry[] => {
    const [name, source, key = "none", options = ""] = line.trim().split(/\s+/).map(unescaped);
    if (name === undefined || name === "" || name.startsWith("#") || source === undefined) return [];
    const asked = key === "-" || key === "" ? "none" : key;
    return [{ name, source, key: asked, options: options.split(",").filter((word) => word !== "") }];
  });
}
