import { MondoError } from "./errors.ts";
import { languageTold, msg } from "./message.ts";

/** Bytes of a KiB. */
export const KIB = 1024;
/** Bytes of a MiB. */
export const MIB = 1024 * KIB;
/** Bytes of a GiB. */
export const GIB = 1024 * MIB;
/** Bytes of a TiB. */
export const TIB = 1024 * GIB;

const UNITS: readonly ((number: string) => string)[] = [
  (number) => msg`${number} B`,
  (number) => msg`${number} KiB`,
  (number) => msg`${number} MiB`,
  (number) => msg`${number} GiB`,
  (number) => msg`${number} TiB`,
  (number) => msg`${number} PiB`,
];
const ENGLISH_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** A size as a number of at most one decimal, and the place of its unit. */
function scaled(bytes: number): { readonly text: string; readonly unit: number } {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return { text: unit === 0 || value >= 100 ? String(Math.round(value)) : value.toFixed(1), unit };
}

/** What stands between a number and its decimals. */
const decimalMark = (): string => (languageTold() === "fr" ? "," : ".");

/** `1536` → `1.5 KiB`: at most one decimal, binary units; as the language that is told writes them: `1,5 Kio`. */
export function formatBytes(bytes: number): string {
  const { text, unit } = scaled(bytes);
  return UNITS[unit]?.(text.replace(".", decimalMark())) ?? text;
}

/** `1536` → `1.5 KiB` in every language: for what is written down, and compared later. */
export function formatBytesPlainly(bytes: number): string {
  const { text, unit } = scaled(bytes);
  return `${text} ${ENGLISH_UNITS[unit] ?? ""}`;
}

/** `95` seconds → `1:35`; hours appear when there are any. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/**
 * Mondo's sizes: a number with k, m, g or t (an optional b after it), binary; a bare number is MiB as it always was.
 */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kmgt]?)b?$/i.exec(text.trim());
  if (!match) {
    throw new MondoError("usage", msg`"${text}" is not a size`, {
      hint: msg`Write a number with k, m, g or t, such as 700m or 4g.`,
    });
  }
  const factor = { "": MIB, k: KIB, m: MIB, g: GIB, t: TIB }[(match[2] ?? "").toLowerCase()] ?? MIB;
  return Math.round(Number(match[1]) * factor);
}

/** The next multiple of `unit` at or above `value`. */
export function alignUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
