import type { ByteString } from "./bytes.ts";

/** Where XFS keeps ACLs, shown to root beside the attributes that all file systems have. Source: fs/xfs/xfs_xattr.c. */
const TWINS: ReadonlyMap<string, string> = new Map([
  ["trusted.SGI_ACL_FILE", "system.posix_acl_access"],
  ["trusted.SGI_ACL_DEFAULT", "system.posix_acl_default"],
]);

/** Names of attributes without those in which XFS shows an ACL once more: elsewhere they would mean nothing. */
export function withoutAclTwins(names: readonly ByteString[]): ByteString[] {
  const isTwin = (name: ByteString) => (names as readonly string[]).includes(TWINS.get(name) ?? "");
  return names.filter((name) => !isTwin(name));
}
