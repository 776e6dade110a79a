import type { Hardware } from "../layout/types.ts";
import type { Facts } from "./facts.ts";

/** What boot loaders add of their own. Source: systemd's kernel-install, 90-loaderentry.install. */
const ADDED = /^(BOOT_IMAGE|initrd)=/;
const SECRET = /(?:pass(?:word|wd|phrase)?|secret)[^\s=]*=|netroot=iscsi:[^\s@]*@/i;

/** What the kernel was started with, as far as it is the system's and may stand in a layout. */
export function commandLineOf({ commandLine = "" }: Facts): Pick<Hardware, "commandLine"> {
  const words = commandLine.split(/\s+/).filter((word) => word !== "" && !ADDED.test(word));
  const line = words.join(" ");
  // Half a command line would start nothing: with a secret in it, none is kept.
  return line === "" || SECRET.test(line) || /\p{Cc}/u.test(line) ? {} : { commandLine: line };
}
