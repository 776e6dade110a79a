import { cifsShare } from "./cifs/cifs-share.ts";
import { davShare } from "./dav/dav-share.ts";
import { ftpShare } from "./ftp/ftp-share.ts";
import { httpShare } from "./http/http-share.ts";
import { nfsShare } from "./nfs/nfs-share.ts";
import { s3Share } from "./s3/s3-share.ts";
import type { ShareDriver } from "./share-driver.ts";
import { shellShare } from "./ssh/shell-share.ts";
import { sshShare } from "./ssh/ssh-share.ts";

/** Every protocol. A text is the first one's that takes it. */
export const shareDrivers: readonly ShareDriver[] = [
  ...[nfsShare, sshShare, cifsShare, httpShare, s3Share],
  ...[ftpShare, davShare, shellShare],
];
