import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import { startConnect } from "../host/sockets.ts";
import { cure } from "./setting.ts";

/** What is expected to listen there; `name` is for people. */
export interface Service {
  readonly name: string;
  /** The first one that takes connections counts. */
  readonly ports: readonly number[];
}

/** The kernel gives a neighbour that doesn't answer ARP up after 3 s. */
const TRY_MS = 4000;
const LEAST_MS = 1000;
const POLL_MS = 20;
const ERRNO = { unreachableNetwork: 101, refused: 111, unreachableHost: 113 } as const;

/** Starts a connection, and reports how it went. Replaced in tests. */
export type Connect = typeof startConnect;

async function tryPort(host: Host, connect: Connect, address: string, port: number): Promise<number | "silent"> {
  let attempt: ReturnType<Connect> | undefined;
  try {
    attempt = connect(address, port);
    const end = host.nowMs() + TRY_MS;
    while (host.nowMs() < end) {
      const outcome = attempt.outcome();
      if (outcome !== undefined) return outcome;
      await host.sleep(POLL_MS);
    }
    return "silent";
  } finally {
    attempt?.close();
  }
}

async function tryServer(
  host: Host,
  connect: Connect,
  address: string,
  ports: readonly number[],
): Promise<number | "silent"> {
  let outcome: number | "silent" = ERRNO.refused;
  for (const port of ports) {
    outcome = await tryPort(host, connect, address, port);
    if (outcome !== ERRNO.refused) break;
  }
  return outcome;
}

function explain(server: string, { name }: Service, outcome: number | "silent", tries: number): MondoError {
  const after = tries === 1 ? msg`after one try` : msg`after ${tries} tries`;
  if (outcome === ERRNO.refused) {
    return new MondoError("not-found", msg`${server} is there, but runs no ${name} (${after})`, {
      hint: msg`Start the ${name} there.`,
      ...cure("share"),
    });
  }
  if (outcome === ERRNO.unreachableNetwork) {
    return new MondoError("not-found", msg`there is no route to ${server}`, cure("gateway"));
  }
  const said =
    outcome === ERRNO.unreachableHost
      ? msg`can't be reached: nothing has that address on the way`
      : msg`does not answer`;
  return new MondoError("not-found", `${server} ${said} (${after})`, {
    hint: msg`Look at the server's address, at the cable, the switch port's VLAN and firewalls.`,
  });
}

/** Waits until the server can be talked to, `tries` times. Throws `not-found` with what is wrong. */
export async function waitForServer(
  host: Host,
  server: string,
  address: string,
  tries: number,
  service: Service,
  connect: Connect = startConnect,
): Promise<void> {
  for (let number = 1; ; number += 1) {
    const began = host.nowMs();
    const outcome = await tryServer(host, connect, address, service.ports);
    if (outcome === 0) return;
    if (number >= tries) throw explain(server, service, outcome, number);
    await host.sleep(Math.max(0, LEAST_MS - (host.nowMs() - began)));
  }
}
