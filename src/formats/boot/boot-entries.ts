/** What one choice of a boot menu starts. */
export interface BootEntry {
  readonly title: string;
  /** Kernel, initial RAM disks, device tree or EFI program, as paths of the boot loader's own file system. */
  readonly files: readonly string[];
  /** The kernel's command line. */
  readonly options: string;
}

/** `key value` lines without comments; keys in lower case. */
function keyedLines(text: string): { key: string; value: string }[] {
  return text.split("\n").flatMap((line) => {
    const [, key, value = ""] = /^\s*([^#\s]\S*)(?:\s+(.*?))?\s*$/.exec(line) ?? [];
    return key === undefined ? [] : [{ key: key.toLowerCase(), value }];
  });
}

/** Paths in a value; GRUB's `$variables` (`$tuned_initrd`) are no files, microcode before the initrd is one more. */
const pathsIn = (value: string) => value.split(/\s+/).filter((word) => word !== "" && !word.startsWith("$"));

/** One entry of type 1. Source: uapi-group.org, Boot Loader Specification 1.1. */
export function parseBlsEntry(text: string): BootEntry {
  const lines = keyedLines(text);
  const values = (...keys: string[]) => lines.filter(({ key }) => keys.includes(key)).map(({ value }) => value);
  return {
    title: values("title")[0] ?? "",
    files: values("linux", "initrd", "efi", "devicetree").flatMap(pathsIn),
    options: values("options").join(" "),
  };
}

const splitInitrds = (value: string) => value.split(",").filter((path) => path !== "");

function extlinuxEntry(title: string, lines: readonly { key: string; value: string }[]): BootEntry | undefined {
  const values = (...keys: string[]) => lines.filter(({ key }) => keys.includes(key)).map(({ value }) => value);
  const kernels = values("linux", "kernel").filter((file) => !/\.(c32|bin|img|bss|0)$/i.test(file));
  if (kernels.length === 0) return undefined;
  const options = values("append").join(" ");
  const inOptions = [...options.matchAll(/(?:^|\s)initrd=(\S+)/g)].flatMap((match) => splitInitrds(match[1] ?? ""));
  const files = [...kernels, ...values("initrd").flatMap(splitInitrds), ...inOptions, ...values("fdt")];
  return { title, files, options };
}

/**
 * The entries of an extlinux.conf or syslinux.cfg that start Linux. `APPEND` before the first label goes for those
 * without one of their own. Source: syslinux's doc/syslinux.txt.
 */
export function parseExtlinux(text: string): BootEntry[] {
  const parts: { title: string; lines: { key: string; value: string }[] }[] = [];
  const head: { key: string; value: string }[] = [];
  for (const line of keyedLines(text)) {
    if (line.key === "label") parts.push({ title: line.value, lines: [] });
    else (parts.at(-1)?.lines ?? head).push(line);
  }
  const common = head.filter(({ key }) => key === "append");
  return parts.flatMap(({ title, lines }) => {
    const own = lines.some(({ key }) => key === "append") ? lines : [...lines, ...common];
    return extlinuxEntry(title, own) ?? [];
  });
}
