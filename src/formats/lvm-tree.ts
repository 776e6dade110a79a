import { MondoError } from "../base/errors.ts";
import { encodeLvmText, type LvmSection, type LvmValue, parseLvmText } from "./lvm-text.ts";

/** The text of a volume group with its logical volumes at hand. */
export interface LvmTree {
  readonly group: string;
  readonly volumes: Readonly<Record<string, LvmSection>>;
  readonly whole: LvmSection;
}

const isSection = (value: LvmValue | undefined): value is LvmSection =>
  typeof value === "object" && !Array.isArray(value);

/** Reads the text of a volume group; throws `format`. */
export function readLvmTree(text: string): LvmTree {
  const whole = parseLvmText(text);
  const found = Object.entries(whole).find((entry): entry is [string, LvmSection] => isSection(entry[1]));
  if (!found) throw new MondoError("format", "LVM metadata: it describes no volume group");
  const [group, section] = found;
  const volumes: [string, LvmSection][] = isSection(section.logical_volumes)
    ? Object.entries(section.logical_volumes).flatMap(([name, one]): [string, LvmSection][] =>
        isSection(one) ? [[name, one]] : [],
      )
    : [];
  return { group, volumes: Object.fromEntries(volumes), whole };
}

/** The text of the group with other logical volumes than it had. */
export function writeLvmTree({ group, whole }: LvmTree, volumes: Readonly<Record<string, LvmSection>>): string {
  const section = whole[group] as LvmSection;
  return encodeLvmText({ ...whole, [group]: { ...section, logical_volumes: volumes } });
}

/** The segments of a logical volume, in order. */
export function lvmSegments(volume: LvmSection): LvmSection[] {
  return Object.entries(volume)
    .filter(([name]) => /^segment\d+$/.test(name))
    .flatMap(([, segment]) => (isSection(segment) ? [segment] : []));
}

/** Type of a segment without the flags that LVM appends (`cache+CACHE_USES_CACHEVOL`). */
export function lvmSegmentType(segment: LvmSection | undefined): string {
  return String(segment?.type ?? "").replace(/\+.*$/, "");
}
