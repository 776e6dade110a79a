import type { Filesystem } from "../../layout/types.ts";

const isList = (features: Filesystem["details"]["features"]): features is readonly string[] => Array.isArray(features);

/** Whether a file system has a feature, by the name that its own tool gives it. */
export function hasFeature({ details: { features } }: Filesystem, name: string): boolean {
  return isList(features) ? features.includes(name) : features?.[name] === true;
}
