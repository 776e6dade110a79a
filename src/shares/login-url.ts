import { decodeText } from "../base/bytes.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { Secret } from "../base/secret.ts";
import { decodeCredentials } from "./cifs/cifs-place.ts";
import type { MountWish } from "./share-driver.ts";

/** A directory on a server at which one logs in by name and password. */
export interface LoginUrl {
  readonly scheme: string;
  readonly user?: string;
  /** Only as typed in the URL. */
  readonly password?: string;
  /** A name or an address, IPv6 in brackets. */
  readonly server: string;
  readonly port?: number;
  /** `/` or `/DIR`. */
  readonly path: string;
}

const FORM =
  /^([a-z]+):\/\/(?:([^\s@:/]+)(?::([^\s@/]*))?@)?(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.][^\s:/@[\]]*)(?::(\d{1,5}))?(\/[^\s?#]*)?$/i;

function decoded(text: string): string | undefined {
  try {
    const path = decodeURIComponent(text);
    return /\p{Cc}/u.test(path) || path.split("/").some((part) => part === "..") ? undefined : path;
  } catch {
    return undefined;
  }
}

/**
 * `SCHEME://[USER[:PASSWORD]@]SERVER[:PORT]/DIR`, odd characters as %20, by one of these schemes; `undefined` for
 * anything else. Pure.
 */
export function parseLoginUrl(text: string, schemes: readonly string[]): LoginUrl | undefined {
  const [, scheme = "", user, password, server, digits, rest = "/"] = FORM.exec(text) ?? [];
  const [name, secret, path] = [user, password, rest].map((part) => (part === undefined ? "" : decoded(part)));
  const port = digits === undefined ? undefined : Number(digits);
  if (server === undefined || name === undefined || secret === undefined || path === undefined) return undefined;
  if (!schemes.includes(scheme.toLowerCase()) || port === 0 || (port ?? 0) > 65_535) return undefined;
  return {
    ...{ scheme: scheme.toLowerCase(), server, path: path.replace(/(?<=[^/])\/+$/, "") },
    ...(user === undefined ? {} : { user: name }),
    ...(password === undefined ? {} : { password: secret }),
    ...(port === undefined ? {} : { port }),
  };
}

/** The URL that `parseLoginUrl` understands as this; for people without its password. Pure. */
export function renderLoginUrl({ scheme, user, password, server, port, path }: LoginUrl, isShown = false): string {
  const secret = password === undefined || isShown ? "" : `:${encodeURIComponent(password)}`;
  const who = user === undefined ? "" : `${encodeURIComponent(user)}${secret}@`;
  const at = port === undefined ? server : `${server}:${port}`;
  return `${scheme}://${who}${at}${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** Refuses a password on a command line, where everybody on this machine can see it. Throws `usage`. */
export function requireNoPassword(place: LoginUrl): void {
  if (place.password === undefined) return;
  throw new MondoError("usage", msg`${renderLoginUrl(place, true)}: a password in the place can be seen by others`, {
    hint: msg`Leave it out: it is asked for, or taken from --credentials FILE.`,
  });
}

/** What `loginOf` reads, for whoever mounts the same place. */
export const credentialsFor = ({ user, password }: { readonly user: string; readonly password: string }) => ({
  place: msg`the login that was given`,
  content: Secret.ofText(`username=${user}\npassword=${password}\n`),
});

/** From the file that was named, the URL, or as a person types it; `undefined`: nobody was named. */
export async function loginOf(
  place: Pick<LoginUrl, "user" | "password">,
  name: string,
  { credentials, person }: Pick<MountWish, "credentials" | "person">,
): Promise<{ readonly user: string; readonly password: string } | undefined> {
  if (credentials) {
    const { user, password } = decodeCredentials(credentials.content, credentials.place);
    return { user: place.user ?? user, password: decodeText(password.reveal()) };
  }
  if (place.user === undefined) return undefined;
  if (place.password !== undefined) return { user: place.user, password: place.password };
  const secret = await person.secret(msg`Password of ${place.user} on ${name}`);
  return { user: place.user, password: decodeText(secret.reveal()) };
}
