import { MondoError, messageOf } from "../../base/errors.ts";
import { formatIpv4, prefixOfMask } from "../../base/ipv4.ts";
import { setLinkAddress } from "../../host/link-control.ts";
import { type AddressSetup, applyAddress, staticSetup } from "../../network/address.ts";
import { startAuto6 } from "../../network/auto6.ts";
import { startDhcp } from "../../network/dhcp-session.ts";
import { applyStatic6, restartIpv6 } from "../../network/ipv6-setup.ts";
import { describeLink, type Link } from "../../network/links.ts";
import type { IpConf } from "../../network/network-words.ts";
import { waitForServer } from "../../network/reach.ts";
import { addNameService, forgetNameServices } from "../../network/resolver.ts";
import { resolveServer } from "../../network/task.ts";
import { makeVirtualLinks } from "../../network/virtual-links.ts";
import { waitForLink } from "../../network/wait-link.ts";
import { EXPORT_DIRECTORY, mountExport, unmountExport } from "../../shares/nfs/mount-nfs.ts";
import type { ImageIdentity, Rescue } from "../rescue.ts";
import type { NetworkOptions } from "../words/boot-options.ts";
import { attachSource, sourceDirectory } from "./attach-source.ts";
import { openSharedSet } from "./shared-set.ts";
import { type Medium, unmountMedium } from "./try-media.ts";

/** The network of the rescue: what is wanted (a person may change it), and what stands. */
export interface NetworkSession {
  wishes: NetworkOptions;
  /** The first card that has an address now. */
  card: Link | undefined;
  /** Takes down what an earlier try set up. */
  reset: () => void;
  /** Takes the directory of a web or SSH server away. */
  detach: () => Promise<void>;
}

/** A network that nothing was done about yet. */
export function newNetworkSession(wishes: NetworkOptions): NetworkSession {
  return { wishes, card: undefined, reset: () => {}, detach: async () => {} };
}

/**
 * Pure: what the boot words leave open is as it was when the set was written. The machine's old address only goes with its old
 * server: whoever names another one has another network in mind.
 */
export function withArchived(wishes: NetworkOptions, archived: ImageIdentity["network"]): NetworkOptions {
  if (!archived || wishes.nfsMount || wishes.source !== undefined) return wishes;
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
  if (conf?.method === "auto6" || conf?.method === "static6") {
    const { line, how, stop } = await (conf.method === "auto6"
      ? startAuto6(host, link, log)
      : applyStatic6(host, link, conf).then((given) => ({ line: given, how: "", stop() {} })));
    reporter.info(`Network: ${describeLink(link)} has ${line.address}/${line.prefixLength}${how}`);
    return () => {
      stop();
      restartIpv6(host, link.name);
    };
  }
  const { lease, stop } = await startDhcp(host, link, identity.host ?? "", log);
  tell(lease, `, by DHCP from ${formatIpv4(lease.server)}`);
  return () => {
    stop();
    clear();
  };
}

/** One card with its address. `device` is the card where `conf` names none. */
async function bringUpCard(
  rescue: Rescue,
  conf: IpConf | undefined,
  device: string | undefined,
): Promise<{ readonly link: Link; readonly clear: () => void }> {
  const { host, modules, network, reporter } = rescue;
  const wish = { device: conf?.device ?? device, bootMac: network.wishes.bootMac };
  const { link, because } = await waitForLink(host, modules, wish);
  if (because !== undefined) reporter.warn(`${describeLink(link)} is used: ${because}`);
  return { link, clear: await setUpAddress(rescue, link, conf) };
}

/** Bonds, VLANs, every card that has words of its own. Only the first card must come up. */
async function bringUp(rescue: Rescue): Promise<void> {
  const { host, modules, network, reporter } = rescue;
  const { further = [], vlans = [], bonds = [], nameServers = [], nfsMount } = network.wishes;
  // Who names a server by its IPv6 address has a network where that leads somewhere.
  const isSix = nfsMount?.server.startsWith("[") ?? false;
  const ipconf = network.wishes.ipconf ?? (isSix ? ({ device: undefined, method: "auto6" } as const) : undefined);
  await modules.load("af_packet");
  if ([ipconf, ...further].some((conf) => conf?.method === "auto6" || conf?.method === "static6")) {
    await modules.load("ipv6");
  }
  const undo: (() => void)[] = [];
  network.reset = () => {
    for (const step of undo.splice(0).reverse()) step();
  };
  forgetNameServices(host);
  undo.push(await makeVirtualLinks(host, modules, network.wishes));
  // A VLAN or bond is made to be used: it is the card where no word names another one.
  const first = await bringUpCard(rescue, ipconf, vlans.at(-1)?.name ?? bonds.at(-1)?.name);
  undo.push(first.clear);
  for (const conf of further) {
    try {
      undo.push((await bringUpCard(rescue, conf, undefined)).clear);
    } catch (error) {
      reporter.warn(`${messageOf(error)}; going on without it`);
    }
  }
  if (nameServers.length > 0) {
    forgetNameServices(host);
    addNameService(host, { nameServers, search: [] });
  }
  network.card = first.link;
}

/** Loose ends of an earlier try. What can't be taken down must not stop the next one. */
async function takeDown(rescue: Rescue): Promise<void> {
  const { host, network, log } = rescue;
  const { detach, reset } = network;
  const steps = [() => unmountMedium(host), () => unmountExport(host), detach, reset];
  network.reset = () => {};
  network.detach = async () => {};
  network.card = undefined;
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      log(messageOf(error));
    }
  }
}

/** An image of a fleet serves every prefix; only one that was made for a single set insists on it. */
const wantedSet = ({ options, identity, network }: Rescue): string | undefined =>
  options.set ?? (network.wishes.prefix === undefined ? identity.set : undefined);

/** The set on an NFS share that is reached now. */
async function fromShare(rescue: Rescue, { server, path }: NonNullable<NetworkOptions["nfsMount"]>): Promise<Medium> {
  const { host, modules, network, reporter } = rescue;
  const { prefix, pingCount } = network.wishes;
  const address = await resolveServer(host, server);
  await waitForServer(host, server, address, Math.max(1, pingCount));
  const version = await mountExport(host, modules, { server, address, path });
  const place = `${server}:${path.replace(/\/+$/, "")}`;
  reporter.info(`Network: ${place} is mounted by NFS ${version}`);
  for (const module of ["loop", "isofs"]) await modules.require(module);
  return openSharedSet(host, EXPORT_DIRECTORY, place, { prefix, set: wantedSet(rescue) });
}

/** The set on a web or SSH server. */
async function fromSource(rescue: Rescue, source: string): Promise<Medium> {
  const { host, modules, network, reporter } = rescue;
  const directory = sourceDirectory(source);
  network.detach = await attachSource(rescue, directory);
  reporter.info(`Network: ${directory.name} is read in parts`);
  for (const module of ["loop", "isofs"]) await modules.require(module);
  const { image } = directory;
  const wish = { prefix: network.wishes.prefix, set: wantedSet(rescue), ...(image === undefined ? {} : { image }) };
  return openSharedSet(host, EXPORT_DIRECTORY, directory.name, wish);
}

/** A network for whatever needs one, where the set needs none. May be called again after a failure. */
export async function bringUpNetwork(rescue: Rescue): Promise<void> {
  const { network, log } = rescue;
  try {
    network.reset();
  } catch (error) {
    log(messageOf(error));
  }
  await bringUp(rescue);
}

/** From a bare card to the set on its server, mounted. May be called again after a failure; each is one clear sentence. */
export async function fetchMedium(rescue: Rescue): Promise<Medium> {
  await takeDown(rescue);
  const { nfsMount, source } = rescue.network.wishes;
  if (source !== undefined) {
    await bringUp(rescue);
    return fromSource(rescue, source);
  }
  if (!nfsMount) {
    throw new MondoError("usage", "pxe was given, but no nfsmount= that says where the set is", {
      hint: "Type the values here, or add nfsmount=SERVER:/EXPORT or mondo.source=URL to the boot words.",
    });
  }
  await bringUp(rescue);
  return fromShare(rescue, nfsMount);
}
