import * as v from "valibot";
import { msg } from "../../base/message.ts";
import { flag, label, list, optional, path, positive, record, text } from "./field-schemas.ts";

/** A list would pass for an object. */
const noList = v.check<unknown, string>((value) => !Array.isArray(value), msg`must be an object`);

/** Details of a file system: those that all may read, and more of its driver's own. */
export const filesystemDetails = v.pipe(
  v.unknown(),
  noList,
  record({
    assumed: optional(flag),
    fresh: optional(flag),
    toolVersion: optional(label),
    sectorBytes: optional(positive),
    blockBytes: optional(positive),
    features: optional(v.union([list(text), v.record(v.string(), flag)], msg`must be names of features`)),
  }),
);

/** Details of a boot loader: those that all may read, and more of its driver's own. */
export const loaderDetails = v.pipe(
  v.unknown(),
  noList,
  record({
    directory: optional(path),
    modules: optional(flag),
    configs: optional(list(path)),
    copies: optional(list(record({ from: path, to: path }))),
    references: optional(record({ subvolumes: optional(list(text)) })),
  }),
);
