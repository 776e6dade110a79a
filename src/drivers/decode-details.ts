import * as v from "valibot";
import { msg } from "../base/message.ts";
import { damagedLayout } from "../layout/decode-layout.ts";
import type { Filesystem, Loader } from "../layout/types.ts";

/** A schema for every field of a driver's details; one of an optional field is `v.exactOptional`. */
export type DetailFields = Readonly<Record<string, v.GenericSchema<unknown, unknown>>>;

/** What these fields hold. */
export type DetailsOf<F extends v.ObjectEntries> = v.InferOutput<v.ObjectSchema<F, undefined>>;

/** The details of a node, of which its driver knows these fields. Throws `damaged`, naming node and field. */
export function decodeDetails<const F extends v.ObjectEntries>(fields: F, node: Filesystem | Loader): DetailsOf<F> {
  const schema = v.object(fields, ({ received }) =>
    received === "undefined" ? msg`is missing` : msg`must be an object`,
  );
  const result = v.safeParse(schema, node.details, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw damagedLayout(msg`${node.id}: details.${v.getDotPath(issue) ?? ""} ${issue.message}`);
}
