import { msg } from "../base/message.ts";
import { damagedLayout } from "../layout/decode-layout.ts";
import { type Filesystem, type Layout, type Loader, nodesOf } from "../layout/types.ts";
import { type DetailFields, decodeDetails } from "./decode-details.ts";
import { filesystemDriver } from "./fs/filesystem-drivers.ts";
import { loaderDriver } from "./loader/loader-drivers.ts";

/** Of a file system whose superblock could not be read only what a mount tells is among the details. */
function fieldsFor({ details }: Filesystem | Loader, fields: DetailFields): DetailFields {
  if (details.assumed !== true) return fields;
  return Object.fromEntries(Object.entries(fields).filter(([name]) => Object.hasOwn(details, name)));
}

function checkNode(node: Filesystem | Loader, fields: DetailFields | undefined): void {
  if (!fields) throw damagedLayout(msg`${node.id} is of the type ${node.type}, which this version doesn't know`);
  decodeDetails(fieldsFor(node, fields), node);
}

/**
 * Looks whether the details of file systems and boot loaders are as their drivers write them. Throws `damaged`, naming
 * the node and the field. Fields that no driver knows pass.
 */
export function checkDetails(layout: Layout): void {
  for (const fs of nodesOf(layout, "filesystem")) checkNode(fs, filesystemDriver(fs.type)?.detailFields);
  for (const loader of nodesOf(layout, "loader")) checkNode(loader, loaderDriver(loader.type)?.detailFields);
}
