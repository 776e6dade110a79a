import { decodeText, encodeText } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { Secret } from "../../base/secret.ts";

/** A directory on a share of a Windows or Samba server. */
export interface CifsPlace {
  /** `NAME` or `DOMAIN\NAME`. */
  readonly user?: string;
  /** A name or an address, IPv6 in brackets. */
  readonly server: string;
  /** `SHARE` or `SHARE/DIR`. */
  readonly path: string;
}

const FORM = /^(cifs:|smb:)?\/\/(?:([^\s@:/,]+)@)?(\[[0-9a-fA-F:.]+\]|[^\s:/@[\],]+)\/+([^/][^\0\n]*?)\/*$/;

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/**
 * `cifs://[USER@]SERVER/SHARE[/DIR]` or `smb://…`, blanks and the like written as %20; or `//SERVER/SHARE[/DIR]` as
 * Windows shows it, with `/`; `undefined` for anything else. Pure.
 */
export function parseCifs(text: string): CifsPlace | undefined {
  const [, scheme, user, server, rest = ""] = FORM.exec(text) ?? [];
  const path = scheme === undefined ? rest : decoded(rest);
  if (server === undefined || path === undefined || (scheme !== undefined && /\s/.test(rest))) return undefined;
  return { ...(user === undefined ? {} : { user }), server, path };
}

/** As Windows and mount(8) write it, which is what the kernel takes. */
export const cifsSource = ({ server, path }: CifsPlace): string => `//${server}/${path}`;

/** The URL that `parseCifs` understands as this. */
export const renderCifs = ({ user, server, path }: CifsPlace): string =>
  `cifs://${user === undefined ? "" : `${user}@`}${server}/${path.split("/").map(encodeURIComponent).join("/")}`;

/** Who logs in. */
export interface CifsCredentials {
  readonly user: string;
  readonly password: Secret;
  readonly domain?: string;
}

/** What a person types: `NAME` or `DOMAIN\NAME`, and a password. Pure. */
export function cifsCredentials(login: string, password: Secret): CifsCredentials {
  const [, domain, user = login] = /^([^\\]+)\\(.+)$/.exec(login) ?? [];
  return { user, password, ...(domain === undefined ? {} : { domain }) };
}

/** A file as mount.cifs(8) has it: `username=`, `password=`, `domain=`, a line each. Throws `usage`. */
export function decodeCredentials(file: Secret, name: string): CifsCredentials {
  const values = new Map<string, string>();
  for (const line of decodeText(file.reveal()).split(/\r?\n/)) {
    const equals = line.indexOf("=");
    if (equals > 0) values.set(line.slice(0, equals).trim().toLowerCase(), line.slice(equals + 1));
  }
  const [user, password] = [values.get("username") ?? values.get("user"), values.get("password") ?? values.get("pass")];
  const domain = values.get("domain") ?? values.get("dom");
  if (user !== undefined && user.trim() !== "" && password !== undefined) {
    const who = cifsCredentials(user.trim(), Secret.ofText(password));
    return domain === undefined ? who : { ...who, domain: domain.trim() };
  }
  throw new MondoError("usage", msg`${name} does not hold lines username=… and password=…`, {
    hint: msg`Write it as mount.cifs(8) has its credentials files.`,
  });
}

/** A comma in a value is written twice. Source: fs/smb/client/fs_context.c, smb3_fs_context_parse_monolithic(). */
const quoted = (value: string) => value.replaceAll(",", ",,");

/** The options of mount(2). They hold the password: never on a command line, never in a log. Pure. */
export function cifsOptions(address: string, { user, password, domain }: CifsCredentials, isBrief = false): Secret {
  const words = [
    `ip=${address}`,
    `username=${quoted(user)}`,
    `password=${quoted(decodeText(password.reveal()))}`,
    ...(domain === undefined ? [] : [`domain=${quoted(domain)}`]),
    // A server that goes away is waited for, unless others have the same.
    ...[isBrief ? "soft" : "hard", "file_mode=0600", "dir_mode=0700", "iocharset=utf8"],
  ];
  return new Secret(encodeText(words.join(",")));
}
