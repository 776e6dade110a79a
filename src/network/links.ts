import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";

/** A network card (or what looks like one) of this machine. */
export interface Link {
  readonly name: string;
  readonly index: number;
  /** Lower-case, with colons. */
  readonly mac: string;
  readonly driver: string;
  /** A cable with something alive at its other end. Always false while the card is switched off. */
  readonly carrier: boolean;
}

const DIRECTORY = "/sys/class/net";
/** ARPHRD_ETHER. Source: linux/if_arp.h. */
const ETHERNET = "1";

/** The Ethernet cards present now, by name. */
export function listLinks(host: Host): Link[] {
  return host.list(DIRECTORY).flatMap((name) => {
    const text = (file: string) => (host.tryReadText(`${DIRECTORY}/${name}/${file}`) ?? "").trim();
    if (text("type") !== ETHERNET) return [];
    const driver = (host.realPath(`${DIRECTORY}/${name}/device/driver`) ?? "").split("/").at(-1) ?? "";
    return [{ name, index: Number(text("ifindex")), mac: text("address"), driver, carrier: text("carrier") === "1" }];
  });
}

/** The hardware address, six bytes. */
export const hardwareOf = ({ mac }: Link): Uint8Array =>
  Uint8Array.from(mac.split(":").map((part) => Number.parseInt(part, 16)));

/** For people: "eth0 (e1000, 52:54:00:12:34:56)". */
export function describeLink({ name, driver, mac }: Link): string {
  return `${name} (${driver === "" ? mac : `${driver}, ${mac}`})`;
}

/** Which card is meant. `because` is set when it isn't the one that was named. */
export interface LinkChoice {
  readonly link: Link;
  readonly because?: string;
}

/**
 * Pure: the card that was named (by name or hardware address), or else that of `BOOTIF=`. `undefined`: not there (yet).
 */
export function findLink(links: readonly Link[], device: string | undefined, bootMac?: string): LinkChoice | undefined {
  const named = links.find(({ name, mac }) => name === device || mac === device);
  if (named) return { link: named };
  // A hardware address names one card and no other.
  if (device?.includes(":")) return undefined;
  const booted = links.find(({ mac }) => mac === bootMac);
  if (!booted) return undefined;
  return device === undefined
    ? { link: booted }
    : { link: booted, because: msg`there is no card ${device}; BOOTIF= names this one` };
}

/** Pure: when no more cards appear and the one named is missing, the only one with a cable takes its place. */
export function guessLink(links: readonly Link[], device: string | undefined): LinkChoice | undefined {
  if (device?.includes(":")) return undefined;
  const alive = links.filter(({ carrier }) => carrier);
  const [only, second] = links.length === 1 ? links : alive;
  if (!only || second) return undefined;
  const which = links.length === 1 ? msg`this is the only one` : msg`this is the only one with a cable in it`;
  return device === undefined ? { link: only } : { link: only, because: msg`there is no card ${device}; ${which}` };
}
