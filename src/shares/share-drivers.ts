import { MondoError } from "../base/errors.ts";
import { cifsShare } from "./cifs/cifs-share.ts";
import { nfsShare } from "./nfs/nfs-share.ts";
import type { Share, ShareKind } from "./share-driver.ts";
import { sshShare } from "./ssh/ssh-share.ts";

/** Every kind of server that `-n` can name. */
export const shareKinds: readonly ShareKind[] = [nfsShare, sshShare, cifsShare];

/** The share that `-n` names. Throws `usage`. */
export function decodeShare(text: string): Share {
  for (const kind of shareKinds) {
    const share = kind.decode(text);
    if (share) return share;
  }
  throw new MondoError("usage", `-n ${text} is not ${shareKinds.map(({ syntax }) => syntax).join(" or ")}`, {
    hint: "Write it like -n 10.0.0.2:/srv/backup.",
  });
}
