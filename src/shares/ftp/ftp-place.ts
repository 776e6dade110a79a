import { type LoginUrl, parseLoginUrl, renderLoginUrl } from "../login-url.ts";

/** A directory on an FTP server. */
export interface FtpPlace {
  /** TLS on both connections (AUTH TLS; on port 990 from the first byte). */
  readonly isEncrypted: boolean;
  readonly user?: string;
  /** Only as typed in the URL. */
  readonly password?: string;
  /** A name or an address, IPv6 in brackets. */
  readonly server: string;
  readonly port?: number;
  /** Below the directory that one is in after login; `//DIR` counts from the root. */
  readonly path: string;
}

export const FTP_PORT = 21;

/** `ftp[s]://[USER[:PASSWORD]@]SERVER[:PORT]/DIR`, odd characters as %20; `undefined` for anything else. Pure. */
export function parseFtp(text: string): FtpPlace | undefined {
  const url = parseLoginUrl(text, ["ftp", "ftps"]);
  if (!url) return undefined;
  const { scheme, ...place } = url;
  return { ...place, isEncrypted: scheme === "ftps" };
}

/** The same as a URL's parts. Pure. */
export const urlOfFtp = ({ isEncrypted, ...place }: FtpPlace): LoginUrl => ({
  ...place,
  scheme: isEncrypted ? "ftps" : "ftp",
});

/** The URL that `parseFtp` understands as this; for people without its password. Pure. */
export const renderFtp = (place: FtpPlace, isShown = false): string => renderLoginUrl(urlOfFtp(place), isShown);

/** Whether both are one server, of one login, however they are written. Pure. */
export const isSameServer = (one: FtpPlace, other: FtpPlace): boolean =>
  one.isEncrypted === other.isEncrypted &&
  one.user === other.user &&
  one.server.toLowerCase() === other.server.toLowerCase() &&
  (one.port ?? FTP_PORT) === (other.port ?? FTP_PORT);

/** The path on the server of something in a directory (`FtpPlace.path`), for whoever is at home in `home`. Pure. */
export function absolutePathOn({ home }: { readonly home: string }, directory: string, path: string): string {
  const root = directory.startsWith("//") ? directory.slice(1) : `${home.replace(/\/$/, "")}${directory}`;
  return `${root.replace(/\/$/, "")}/${path}`.replace(/(?<=.)\/$/, "");
}

/** `/DIR` below a place. Pure. */
export const belowFtp = (place: FtpPlace, more: string): FtpPlace =>
  more === "" ? place : { ...place, path: place.path.replace(/(?<=[^/])\/+$|^\/$/, "") + more };
