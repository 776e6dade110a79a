/** What a boot loader starts: names of files as it writes them, and the kernel's words. */
export interface BootEntry {
  readonly kernel: string;
  readonly initrd: string;
  readonly words: string;
}

/** Single quotes, double quotes and backslashes as GRUB's shell takes them away. */
const unquoted = (line: string): string => line.replace(/'([^']*)'|"([^"]*)"|\\(.)/g, "$1$2$3").trim();

/**
 * The first entry of a grub.cfg that starts a Linux with an initrd: what grub-mkconfig makes the default. `undefined`
 * when there is none, or its words stand in variables. Source: GRUB manual, "Shell-like scripting", `linux` and
 * `initrd`.
 */
export function firstBootEntry(config: string): BootEntry | undefined {
  const [, kernel, rest = ""] = /^[ \t]*linux(?:16|efi)?[ \t]+(\S+)(.*)$/m.exec(config) ?? [];
  if (kernel === undefined) return undefined;
  const after = config.slice(config.indexOf(kernel));
  const [entry = ""] = after.split(/^\s*\}/m);
  // Before the last one there may be microcode, which the firmware's own does without.
  const initrd = /^[ \t]*initrd(?:16|efi)?[ \t]+(?:\S+[ \t]+)*(\S+)[ \t]*$/m.exec(entry)?.[1];
  const words = unquoted(rest);
  if (initrd === undefined || /\$/.test(kernel + initrd + words)) return undefined;
  return { kernel: unquoted(kernel), initrd: unquoted(initrd), words };
}
