import { MondoError, messageOf } from "../../base/errors.ts";
import { formatIpv4, prefixOfMask } from "../../base/ipv4.ts";
import { setLinkAddress } from "../../host/link-control.ts";
import type { NetworkOptions } from "../cmdline.ts";
import { type Medium, unmountMedium } from "../media.ts";
import type { IpConf } from "../network-words.ts";
import type { ImageIdentity, Rescue } from "../rescue.ts";
import { type AddressSetup, applyAddress, RESOLVER_PATH, staticSetup } from "./address.ts";
import { startDhcp } from "./dhcp-session.ts";
import { describeLink, type Link } from "./links.ts";
import { EXPORT_DIRECTORY, mountExport, unmountExport } from "./nfs.ts";
import { waitForServer } from "./reach.ts";
import { openSharedSet } from "./shared-set.ts";
import { resolveServer } from "./task.ts";
import { makeVirtualLinks } from "./virtual-links.ts";
import { waitForLink } from "./wait-link.ts";

/** The network of the rescue: what is wanted (a person may change it), and what stands. */
export interface NetworkSession {
  wishes: NetworkOptions;
  /** Takes down what an earlier try set up. */
  reset: () => void;
}

/** A network that nothing was done about yet. */
export function newNetworkSession(wishes: NetworkOptions): NetworkSession {
  return { wishes, reset: () => {} };
}

/**
 * Pure: what the boot words leave open is as it was when the set was written. The machine's old address only goes with its old
 * server: whoever names another one has another network in mind.
 */
export function withArchived(wishes: NetworkOptions, archived: ImageIdentity["network"]): NetworkOptions {
  if (!archived || wishes.nfsMount) return wishes;
  return { ...archived, ...wishes };
}

/** Gives a card its address (by DHCP unless `conf` says otherwise); returns how to take it away. */
async function setUpAddress(rescue: Rescue, link: Link, conf: IpConf | undefined): Promise<() => void> {
  const { host, reporter, log, identity } = rescue;
  const tell = (setup: AddressSetup, how: string) => {
    const gateway = setup.routes.find(({ netmask }) => netmask === 0)?.gateway;
    const via = gateway === undefined ? "no gateway" : `gateway ${formatIpv4(gateway)}`;
    const address = `${formatIpv4(setup.address)}/${prefixOfMask(setup.netmask)}`;
    reporter.info(`Network: ${describeLink(link)} has ${address}, ${via}${how}`);
  };
  const clear = () => setLinkAddress(link.name, 0, 0, 0);
  if (conf?.method === "static") {
    const setup = staticSetup(conf);
    applyAddress(host, link.name, setup);
    tell(setup, "");
    return clear;
  }
  const { lease, stop } = await startDhcp(host, link, identity.host ?? "", log);
  tell(lease, `, by DHCP from ${formatIpv4(lease.server)}`);
  return () => {
    stop();
    clear();
  };
}

/** One card with its address. `device` is the card where `conf` names none. */
async function bringUpCard(rescue: Rescue, conf: IpConf | undefined, device: string | undefined): Promise<() => void> {
  const { host, modules, network, reporter } = rescue;
  const wish = { device: conf?.device ?? device, bootMac: network.wishes.bootMac };
  const { link, because } = await waitForLink(host, modules, wish);
  if (because !== undefined) reporter.warn(`${describeLink(link)} is used: ${because}`);
  return setUpAddress(rescue, link, conf);
}

/** Bonds, VLANs, every card that has words of its own. Only the first card must come up. */
async function bringUp(rescue: Rescue): Promise<void> {
  const { host, modules, network, reporter } = rescue;
  const { ipconf, further = [], vlans = [], bonds = [], nameServers = [] } = network.wishes;
  await modules.load("af_packet");
  const undo: (() => void)[] = [];
  network.reset = () => {
    for (const step of undo.splice(0).reverse()) step();
  };
  undo.push(await makeVirtualLinks(host, modules, network.wishes));
  // A VLAN or bond is made to be used: it is the card where no word names another one.
  undo.push(await bringUpCard(rescue, ipconf, vlans.at(-1)?.name ?? bonds.at(-1)?.name));
  for (const conf of further) {
    try {
      undo.push(await bringUpCard(rescue, conf, undefined));
    } catch (error) {
      reporter.warn(`${messageOf(error)}; going on without it`);
    }
  }
  if (nameServers.length > 0) host.write(RESOLVER_PATH, nameServers.map((server) => `nameserver ${server}\n`).join(""));
}

/** Loose ends of an earlier try. What can't be taken down must not stop the next one. */
function takeDown(rescue: Rescue): void {
  const { host, network, log } = rescue;
  const steps = [() => unmountMedium(host), () => unmountExport(host), network.reset];
  network.reset = () => {};
  for (const step of steps) {
    try {
      step();
    } catch (error) {
      log(messageOf(error));
    }
  }
}

/** From a bare card to the set on its server, mounted. May be called again after a failure; each is one clear sentence. */
export async function fetchMedium(rescue: Rescue): Promise<Medium> {
  const { host, modules, network, options, identity, reporter } = rescue;
  takeDown(rescue);
  const { nfsMount, prefix, pingCount } = network.wishes;
  if (!nfsMount) {
    throw new MondoError("usage", "pxe was given, but no nfsmount= that says where the set is", {
      hint: "Type the values here, or add nfsmount=SERVER:/EXPORT to the boot words.",
    });
  }
  await bringUp(rescue);
  const { server, path } = nfsMount;
  const address = await resolveServer(host, server);
  await waitForServer(host, server, address, Math.max(1, pingCount));
  const version = await mountExport(host, modules, { server, address, path });
  const place = `${server}:${path.replace(/\/+$/, "")}`;
  reporter.info(`Network: ${place} is mounted by NFS ${version}`);
  for (const module of ["loop", "isofs"]) await modules.require(module);
  // An image of a fleet serves every prefix; only one that was made for a single set insists on it.
  const set = options.set ?? (prefix === undefined ? identity.set : undefined);
  return openSharedSet(host, EXPORT_DIRECTORY, place, { prefix, set });
}
