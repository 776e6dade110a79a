import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { commonWords } from "../drivers/media/boot-menu.ts";
import { renderIpConf } from "../network/ip-conf.ts";
import type { PxeMachine, PxeSet, PxeSite } from "./site.ts";

/** Characters with a meaning for pxelinux, GRUB, iPXE or the kernel. */
const SPECIAL = /[\s"'\\$;{}&|<>`]/;

/**
 * The boot words by which the rescue finds its set: `pxe prefix=… ipconf=… nfsmount=…`. Throws `usage` for what can't
 * be one.
 */
export function sourceWords(
  { nfs, source, status, answers, once }: Pick<PxeSite, "nfs" | "source" | "status" | "answers" | "once">,
  { prefix }: Pick<PxeSet, "prefix">,
  machine?: Pick<PxeMachine, "ipconf">,
): string {
  const ipconf = machine?.ipconf;
  const words = [
    "pxe",
    `prefix=${prefix}`,
    ...(ipconf ? [`ipconf=${renderIpConf(ipconf)}`] : []),
    ...(source === undefined ? [] : [`mondo.source=${source}`]),
    ...(nfs ? [`nfsmount=${nfs.server}:${nfs.path}`] : []),
    ...(status === undefined ? [] : [`mondo.status=${status}`]),
    ...(machine && answers !== undefined ? [`mondo.answers=${answers}`] : []),
    ...(machine && once !== undefined ? [`mondo.once=${once}`] : []),
  ];
  const bad = words.find((word) => SPECIAL.test(word));
  if (bad === undefined) return words.join(" ");
  throw new MondoError("usage", msg`"${bad}" can't be a word of a kernel command line`, {
    hint: msg`Use names without blanks, quotes, $, ;, &, |, <, > and braces.`,
  });
}

/** A whole command line, without what the boot loader adds (`initrd=`, `BOOTIF=`). */
export function appendLine(mode: string, source: string): string {
  return [mode, source, ...commonWords].join(" ");
}
