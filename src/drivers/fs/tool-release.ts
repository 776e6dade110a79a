import { msg } from "../../base/message.ts";

/** `mkfs.xfs version 6.1.0`, `mke2fs 1.47.0 (5-Feb-2023)` ≥ the release; an unknown version counts as new. */
export function isRelease(toolVersion: unknown, major: number, minor: number): boolean {
  const match = /(\d+)\.(\d+)/.exec(typeof toolVersion === "string" ? toolVersion : "");
  if (!match) return true;
  const [have, haveMinor] = [Number(match[1]), Number(match[2])];
  return have > major || (have === major && haveMinor >= minor);
}

/** A feature, and the first release of the tool that makes it. */
export type FeatureRelease = readonly [feature: string, major: number, minor: number];

/**
 * Words for a feature that the tool of this machine, and so of the rescue, is too old to make; undefined when it makes
 * all.
 */
export function tooNewFeature(
  features: readonly string[],
  releases: readonly FeatureRelease[],
  toolVersion: unknown,
): string | undefined {
  const lacking = releases.find(
    ([feature, major, minor]) => features.includes(feature) && !isRelease(toolVersion, major, minor),
  );
  if (!lacking) return undefined;
  const [feature, major, minor] = lacking;
  return msg`it has the feature ${feature}, which ${toolVersion} can't make (${major}.${minor} can)`;
}
