import { msg } from "../base/message.ts";
import { keyFileOf } from "../layout/key-file-of.ts";
import { type Layout, nodesOf } from "../layout/types.ts";
import type { BackupRequest } from "./request.ts";

/** What an administrator has to know of encrypted volumes before the backup is put away. */
export function cryptNotes(layout: Layout, { luksHeaders, exclude }: BackupRequest): string[] {
  const isLeftOut = (path: string) => exclude.some((tree) => path === tree || path.startsWith(`${tree}/`));
  const volumes = nodesOf(layout, "luks");
  const keys = volumes.flatMap((luks): string[] => {
    const path = keyFileOf(layout, luks);
    if (path === undefined || isLeftOut(path)) return [];
    return [msg`${path}, which opens ${luks.path}, is in the backup in clear: keep the medium as safe as the key`];
  });
  const clear = volumes.map((luks) => msg`what is saved from ${luks.path} is not encrypted on the medium`);
  const unused =
    luksHeaders !== undefined && volumes.length === 0
      ? [msg`there is no LUKS volume: --luks-headers saves nothing`]
      : [];
  return [...clear, ...keys, ...unused];
}
