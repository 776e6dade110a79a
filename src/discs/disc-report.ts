import { ISO_SECTOR } from "../formats/fs/iso9660.ts";

/** What xorriso says of a drive and the disc in it. */
export interface DiscReport {
  /** Profile of the disc, as libburn calls it; "" without a disc. */
  readonly profile: string;
  readonly isPresent: boolean;
  readonly isBlank: boolean;
  /** Room for an image on the disc when it is blank, or blanked; 0: not known. */
  readonly capacityBytes: number;
  /** Volume id of the newest session. */
  readonly volumeId?: string;
}

const MOST_SECTORS = 2 ** 32;

const said = (text: string, name: string): string | undefined =>
  new RegExp(`^${name} *: ?(.*)$`, "m").exec(text)?.[1]?.trim();

const sectors = (text: string | undefined): number => {
  const count = Number(text ?? 0);
  return Number.isSafeInteger(count) && count >= 0 && count < MOST_SECTORS ? count : 0;
};

/** Reads what `xorriso -outdev DRIVE -toc -tell_media_space` prints. Source: xorriso(1). */
export function parseDiscReport(text: string): DiscReport {
  const profile = said(text, "Media current") ?? "";
  const status = said(text, "Media status") ?? "";
  const overall = sectors(/^Media blocks *:.* (\d+) overall/m.exec(text)?.[1]);
  const space = sectors(/^Media space *: *(\d+)s/m.exec(text)?.[1]);
  const isBlank = /\bis blank\b/.test(status);
  const session = [...text.matchAll(/^ISO session *: *\d+ , *\d+ , *\d+s , ?(.*)$/gm)].at(-1)?.[1]?.trim();
  const isPresent = profile !== "" && !/not recognizable|not present/.test(`${profile} ${status}`);
  return {
    profile: isPresent ? profile : "",
    isPresent,
    isBlank,
    capacityBytes: (isBlank && space > 0 ? space : Math.max(overall, space)) * ISO_SECTOR,
    ...(session === undefined || session === "" ? {} : { volumeId: session }),
  };
}

/** The sentence with which xorriso gives up, of what it printed. */
export function failureIn(lines: readonly string[]): string | undefined {
  const grave = lines.flatMap((line) => {
    const [, severity, text] = /(?:xorriso|libburn|libisofs) : (SORRY|FAILURE|FATAL) : (.*)$/.exec(line) ?? [];
    return severity === undefined || text === undefined || /Job could not be performed/.test(text) ? [] : [text];
  });
  return grave[0]?.trim().replace(/[.]$/, "");
}

/** How far a line says that writing is: bytes done, and of how many. */
export function progressIn(line: string): { readonly done: number; readonly total: number } | undefined {
  const [, done, total] = /UPDATE : +(\d+) of +(\d+) MB written/.exec(line) ?? [];
  return total === undefined ? undefined : { done: Number(done) * 2 ** 20, total: Number(total) * 2 ** 20 };
}
