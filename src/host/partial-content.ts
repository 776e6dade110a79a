/** What a web server says of a part of a file. Source: RFC 9110, 8.8 and 14.4. */

/** What `content-range` says; undefined: it doesn't say so. */
export interface ContentRange {
  /** Where the part begins. */
  readonly start: number | undefined;
  /** Length of the whole file. */
  readonly totalBytes: number | undefined;
}

const RANGE = /^bytes[ =](?:(\d{1,15})-\d{1,15}|\*)(?:\/(?:(\d{1,15})|\*))?$/i;

/** `bytes 0-9/100`, or of a file without such a part: an asterisk in place of it. */
export function decodeContentRange(text: string | null): ContentRange {
  const [, start, total] = RANGE.exec(text ?? "") ?? [];
  const number = (digits: string | undefined) => (digits === undefined ? undefined : Number(digits));
  return { start: number(start), totalBytes: number(total) };
}

/** What changes when the file does: its entity tag, or else its date; empty when the server sends none. */
export const versionIn = (headers: Pick<Headers, "get">): string =>
  headers.get("etag") ?? headers.get("last-modified") ?? "";

const opaque = (version: string) => version.replace(/^W\//, "");

/**
 * Whether two versions are one, by weak comparison (8.8.3.2): Apache calls the tag of a file weak for as long as it is
 * younger than a second, and strong from then on. What a set's files hold is known by digests of their own.
 */
export const isSameVersion = (one: string, other: string): boolean => opaque(one) === opaque(other);
