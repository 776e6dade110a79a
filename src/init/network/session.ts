import { MondoError, messageOf } from "../../base/errors.ts";
import { formatIpv4, prefixOfMask } from "../../base/ipv4.ts";
import { setLinkAddress } from "../../host/link-control.ts";
import type { NetworkOptions } from "../cmdline.ts";
import { type Medium, unmountMedium } from "../media.ts";
import type { Rescue } from "../rescue.ts";
import { type AddressSetup, applyAddress, staticSetup } from "./address.ts";
import { startDhcp } from "./dhcp-session.ts";
import { describeLink, type Link } from "./links.ts";
import { EXPORT_DIRECTORY, mountExport, unmountExport } from "./nfs.ts";
import { waitForServer } from "./reach.ts";
import { openSharedSet } from "./shared-set.ts";
import { resolveServer } from "./task.ts";
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

/** Gives the card its address; returns how to take it away. */
async function setUpAddress(rescue: Rescue, link: Link): Promise<() => void> {
  const { host, network, reporter, log, identity } = rescue;
  const conf = network.wishes.ipconf;
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

async function bringUp(rescue: Rescue): Promise<void> {
  const { host, modules, network, reporter } = rescue;
  const { ipconf, bootMac } = network.wishes;
  await modules.load("af_packet");
  const { link, because } = await waitForLink(host, modules, { device: ipconf?.device, bootMac });
  if (because !== undefined) reporter.warn(`${describeLink(link)} is used: ${because}`);
  network.reset = await setUpAddress(rescue, link);
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
