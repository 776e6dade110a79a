import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { cure, type Setting } from "../../network/setting.ts";
import { type SshPlace, sshLogin } from "./ssh-place.ts";

/**
 * The server takes neither key nor password. Source: OpenSSH's own messages, which are in English whatever the locale.
 */
export const isDenied = (said: string): boolean => /Permission denied|Too many authentication failures/.test(said);
/** The server's key is not the one that is known. */
export const isOtherKey = (said: string): boolean =>
  /Host key verification failed|IDENTIFICATION HAS CHANGED|REVOKED HOST KEY/.test(said);
/** It may be otherwise in a moment. */
export const mayPass = (said: string): boolean =>
  /Connection refused|timed out|No route to host|Connection reset|Connection closed|kex_exchange/.test(said);

type Explanation = readonly [
  pattern: RegExp,
  says: (place: SshPlace) => string,
  hint: string | undefined,
  setting?: Setting,
];

const EXPLANATIONS: readonly Explanation[] = [
  [
    /Could not resolve hostname/,
    ({ server }) => msg`the address of the SSH server ${server} can't be found`,
    msg`Give the server's address instead of its name.`,
    "name-server",
  ],
  [
    /Connection refused/,
    ({ server }) => msg`${server} is there, but runs no SSH server`,
    msg`Start it there.`,
    "share",
  ],
  [
    /No route to host/,
    ({ server }) => msg`${server} can't be reached: nothing has that address on the way`,
    msg`Look at the server's address, at the cable, the switch port's VLAN and firewalls.`,
  ],
  [/Network is unreachable/, ({ server }) => msg`there is no route to ${server}`, undefined, "gateway"],
  [
    /timed out/,
    ({ server }) => msg`${server} does not answer`,
    msg`Look at the server's address, at the cable, the switch port's VLAN and firewalls.`,
  ],
  [
    /subsystem request failed/,
    ({ server }) => msg`${server} accepts the login, but offers no SFTP`,
    msg`Let its sshd_config have a line Subsystem sftp internal-sftp, or write ssh://USER@SERVER/DIR, which does with a shell.`,
  ],
  [
    /Permission denied|Too many authentication failures/,
    (place) => msg`the SSH server does not let ${sshLogin(place)} in`,
    undefined,
    "ssh-key",
  ],
];

/** The output of ssh as one sentence about the server. Pure. */
export function explainSsh(place: SshPlace, said: string): MondoError {
  const [, says, hint, setting] = EXPLANATIONS.find(([pattern]) => pattern.test(said)) ?? [];
  const last = said.split("\n").findLast((line) => line.trim() !== "") ?? said;
  const message = says?.(place) ?? msg`${place.server} can't be reached by SSH: ${last.trim()}`;
  if (!says) return new MondoError("not-found", message, { hint: msg`Try ssh by hand, with -v.` });
  return new MondoError("not-found", message, {
    ...(hint === undefined ? {} : { hint }),
    ...(setting === undefined ? {} : cure(setting)),
  });
}
