import { type LoginUrl, parseLoginUrl, renderLoginUrl } from "../login-url.ts";

/** A directory (a collection) on a WebDAV server: by `davs` with TLS, by `dav` without. */
export type DavPlace = LoginUrl;

/** `dav[s]://[USER[:PASSWORD]@]SERVER[:PORT]/DIR`, odd characters as %20; `undefined` for anything else. Pure. */
export const parseDav = (text: string): DavPlace | undefined => parseLoginUrl(text, ["dav", "davs"]);

/** The URL that `parseDav` understands as this; for people without its password. Pure. */
export const renderDav = (place: DavPlace, isShown = false): string => renderLoginUrl(place, isShown);

/** `/DIR` below a place. Pure. */
export const belowDav = (place: DavPlace, more: string): DavPlace =>
  more === "" ? place : { ...place, path: place.path.replace(/\/+$/, "") + more };

/** Where its server is, as web servers are named, without a path. Pure. */
export const originOf = ({ scheme, server, port }: DavPlace): string =>
  `${scheme === "davs" ? "https" : "http"}://${server}${port === undefined ? "" : `:${port}`}`;

/** A path as it is sent. Pure. */
export const encodePath = (path: string): string => path.split("/").map(encodeURIComponent).join("/");
