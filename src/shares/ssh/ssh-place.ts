/** A directory on an SSH server. */
export interface SshPlace {
  /** Absent: as ssh's configuration has it. */
  readonly user?: string;
  /** A name, an IPv4 address, or an IPv6 address in brackets. */
  readonly server: string;
  /** Absent: as ssh's configuration has it. */
  readonly port?: number;
  readonly path: string;
}

// Nothing may begin with a hyphen: ssh would take it for an option.
const WHO = "(?:([A-Za-z0-9_.][^\\s@:/]*)@)?";
const WHERE = "(\\[[0-9a-fA-F:.]+\\]|[A-Za-z0-9_.][^\\s:/@[\\]]*)";
const SHORT = new RegExp(`^${WHO}${WHERE}:(/\\S*)$`);
const URL_FORM = new RegExp(`^(sftp|ssh)://${WHO}${WHERE}(?::(\\d{1,5}))?(/\\S*)?$`);

/** `USER@SERVER:/DIR`; `undefined` for anything else, `SERVER:/DIR` too, which is NFS. Pure. */
export function parseSshShort(text: string): SshPlace | undefined {
  const [, user, server = "", path = ""] = SHORT.exec(text) ?? [];
  return user === undefined ? undefined : { user, server, path };
}

function parseUrl(text: string, scheme: "sftp" | "ssh"): SshPlace | undefined {
  const [, found, user, server, digits, path = "/"] = URL_FORM.exec(text) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (found !== scheme || server === undefined || port === 0 || (port ?? 0) > 65535) return undefined;
  return { ...(user === undefined ? {} : { user }), server, ...(port === undefined ? {} : { port }), path };
}

/** `sftp://[USER@]SERVER[:PORT]/DIR`; `undefined` for anything else. Pure. */
export const parseSshUrl = (text: string): SshPlace | undefined => parseUrl(text, "sftp");

/** `ssh://[USER@]SERVER[:PORT]/DIR`, for servers with a shell alone; `undefined` for anything else. Pure. */
export function parseShellUrl(text: string): SshPlace | undefined {
  const place = parseUrl(text, "ssh");
  return place && { ...place, path: place.path.replace(/(?<=.)\/+$/, "") };
}

/** `USER@SERVER` as people write it. */
export const sshLogin = ({ user, server }: SshPlace): string => (user === undefined ? server : `${user}@${server}`);

const rendered = (place: SshPlace, scheme: "sftp" | "ssh"): string =>
  `${scheme}://${sshLogin(place)}${place.port === undefined ? "" : `:${place.port}`}${place.path}`;

/** The URL that `parseSshUrl` understands as this. */
export const renderSshUrl = (place: SshPlace): string => rendered(place, "sftp");

/** The URL that `parseShellUrl` understands as this. */
export const renderShellUrl = (place: SshPlace): string => rendered(place, "ssh");

/** `/DIR` below a place. Pure. */
export const belowSsh = (place: SshPlace, more: string): SshPlace =>
  more === "" ? place : { ...place, path: place.path.replace(/\/+$/, "") + more };
