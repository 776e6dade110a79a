/**
 * The path of a logical volume as device mapper writes it: every hyphen of a name is doubled, the one between them is
 * not.
 */
export function mappedPath(group: string, name: string): string {
  return `/dev/mapper/${[group, name].map((part) => part.replaceAll("-", "--")).join("-")}`;
}
