import { type SshPlace, sshLogin } from "./ssh-place.ts";

/** Whatever the server is called today: its keys are known by this name. */
export const HOST_ALIAS = "mondo-share";

/** How ssh is to be started. Paths of files. */
export interface SshFiles {
  readonly knownHosts: string;
  /** A private key; default: the user's own ones and agent. */
  readonly key?: string | undefined;
  /** Answers ssh's questions: our own executable under this name. Absent: it must not ask. */
  readonly askPass?: string | undefined;
  /** Whether the user's and the machine's configuration of ssh count. */
  readonly ownConfiguration: boolean;
}

const option = (name: string, value: string | number): string[] => ["-o", `${name}=${value}`];

/**
 * By which commands for a shell share a connection, in the directory of a file: ssh puts a digest of user, server and
 * port for `%C`, and does not ask what is at the other end of a socket. Pure.
 */
export const socketBeside = (path: string): string => `${path.slice(0, path.lastIndexOf("/"))}/socket-%C`;

/** Minimum of seconds in which a dead connection is noticed. */
const [ALIVE_SECONDS, ALIVE_COUNT, CONNECT_SECONDS] = [15, 3, 15];

/**
 * The command that speaks SFTP over its standard input and output, or (`shell`) has a command line run that is put
 * behind it. `newKeys`: takes a server's key that it doesn't know. Pure.
 */
export function sshCommand(
  place: SshPlace,
  files: SshFiles,
  newKeys: "refuse" | "note" = "refuse",
  speaks: "sftp" | "shell" = "sftp",
): string[] {
  const { knownHosts, key, askPass, ownConfiguration } = files;
  return [
    "ssh",
    ...(ownConfiguration ? [] : ["-F", "none"]),
    ...["-T", "-x", "-a"],
    ...option("BatchMode", askPass === undefined ? "yes" : "no"),
    ...option("NumberOfPasswordPrompts", 1),
    ...option("HostKeyAlias", HOST_ALIAS),
    ...option("CheckHostIP", "no"),
    ...option("HashKnownHosts", "no"),
    ...option("UpdateHostKeys", "no"),
    ...option("UserKnownHostsFile", knownHosts),
    ...option("GlobalKnownHostsFile", "/dev/null"),
    ...option("StrictHostKeyChecking", newKeys === "note" ? "accept-new" : "yes"),
    ...option("ConnectTimeout", CONNECT_SECONDS),
    ...option("ServerAliveInterval", ALIVE_SECONDS),
    ...option("ServerAliveCountMax", ALIVE_COUNT),
    ...option("ControlMaster", "no"),
    ...option("ControlPath", speaks === "shell" ? socketBeside(knownHosts) : "none"),
    ...option("PermitLocalCommand", "no"),
    ...option("LogLevel", "ERROR"),
    ...(key === undefined ? [] : ["-i", key, ...option("IdentitiesOnly", "yes")]),
    ...(place.port === undefined ? [] : ["-p", String(place.port)]),
    ...(speaks === "sftp" ? ["-s"] : []),
    ...["--", sshLogin(place).replace(/[[\]]/g, "")],
    ...(speaks === "sftp" ? ["sftp"] : []),
  ];
}

/**
 * Environment of ssh. `secretFile` is what the executable called `askPass` prints; `more` is the user's agent. Pure.
 */
export function sshEnvironment(
  { askPass }: SshFiles,
  secretFile: string,
  more: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const agent = more.SSH_AUTH_SOCK;
  return {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOME: more.HOME ?? "/root",
    LC_ALL: "C",
    ...(agent === undefined ? {} : { SSH_AUTH_SOCK: agent }),
    // DISPLAY: before OpenSSH 8.4 nothing was asked for without one.
    ...(askPass === undefined
      ? {}
      : { SSH_ASKPASS: askPass, SSH_ASKPASS_REQUIRE: "force", DISPLAY: "none", [SECRET_FILE]: secretFile }),
  };
}

/** Names the file whose content is the answer to ssh's questions. */
export const SECRET_FILE = "MONDO_SECRET_FILE";
/** Under this name our executable prints that. */
export const ASK_PASS_NAME = "mondo-askpass";
