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

const FORM =
  /^(ftps?):\/\/(?:([^\s@:/]+)(?::([^\s@/]*))?@)?(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.][^\s:/@[\]]*)(?::(\d{1,5}))?(\/[^\s?#]*)?$/i;

function decoded(text: string): string | undefined {
  try {
    const path = decodeURIComponent(text);
    return /\p{Cc}/u.test(path) || path.split("/").some((part) => part === "..") ? undefined : path;
  } catch {
    return undefined;
  }
}

/** `ftp[s]://[USER[:PASSWORD]@]SERVER[:PORT]/DIR`, odd characters as %20; `undefined` for anything else. Pure. */
export function parseFtp(text: string): FtpPlace | undefined {
  const [, scheme = "", user, password, server, digits, rest = "/"] = FORM.exec(text) ?? [];
  const [name, secret, path] = [user, password, rest].map((part) => (part === undefined ? "" : decoded(part)));
  const port = digits === undefined ? undefined : Number(digits);
  if (server === undefined || name === undefined || secret === undefined || path === undefined) return undefined;
  if (port === 0 || (port ?? 0) > 65_535) return undefined;
  return {
    ...{ isEncrypted: scheme.toLowerCase() === "ftps", server, path: path.replace(/(?<=[^/])\/+$/, "") },
    ...(user === undefined ? {} : { user: name }),
    ...(password === undefined ? {} : { password: secret }),
    ...(port === undefined ? {} : { port }),
  };
}

/** The URL that `parseFtp` understands as this; for people without its password. Pure. */
export function renderFtp({ isEncrypted, user, password, server, port, path }: FtpPlace, isShown = false): string {
  const secret = password === undefined || isShown ? "" : `:${encodeURIComponent(password)}`;
  const who = user === undefined ? "" : `${encodeURIComponent(user)}${secret}@`;
  const at = port === undefined ? server : `${server}:${port}`;
  return `${isEncrypted ? "ftps" : "ftp"}://${who}${at}${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** The path on the server of something in a directory (`FtpPlace.path`), for whoever is at home in `home`. Pure. */
export function absolutePathOn({ home }: { readonly home: string }, directory: string, path: string): string {
  const root = directory.startsWith("//") ? directory.slice(1) : `${home.replace(/\/$/, "")}${directory}`;
  return `${root.replace(/\/$/, "")}/${path}`.replace(/(?<=.)\/$/, "");
}

/** `/DIR` below a place. Pure. */
export const belowFtp = (place: FtpPlace, more: string): FtpPlace =>
  more === "" ? place : { ...place, path: place.path.replace(/(?<=[^/])\/+$|^\/$/, "") + more };
