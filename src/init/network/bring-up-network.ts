import { messageOf } from "../../base/errors.ts";
import { formatIpv4, prefixOfMask } from "../../base/ipv4.ts";
import { msg } from "../../base/message.ts";
import { setLinkAddress } from "../../host/link-control.ts";
import { type AddressSetup, applyAddress, staticSetup } from "../../network/address.ts";
import { startAuto6 } from "../../network/auto6.ts";
import { startDhcp } from "../../network/dhcp-session.ts";
import type { IpConf } from "../../network/ip-conf.ts";
import { applyStatic6, restartIpv6 } from "../../network/ipv6-setup.ts";
import { describeLink, type Link } from "../../network/links.ts";
import { addNameService, forgetNameServices } from "../../network/resolver.ts";
import { withSettingHint } from "../../network/setting.ts";
import { makeVirtualLinks } from "../../network/virtual-links.ts";
import { waitForLink } from "../../network/wait-link.ts";
import { parseShare } from "../../shares/share-words.ts";
import type { Rescue } from "../rescue.ts";
import type { NetworkOptions } from "../words/boot-options.ts";
import { bootWordHints } from "./boot-word-hints.ts";

const isSix = (conf: IpConf | undefined): boolean => conf?.method === "auto6" || conf?.method === "static6";

/** An IPv6 address on a card; returns how to take it away. */
async function setUpSix(
  { host, reporter, log }: Rescue,
  link: Link,
  conf: IpConf & { readonly method: "auto6" | "static6" },
): Promise<() => void> {
  const { line, how, stop } = await (conf.method === "auto6"
    ? startAuto6(host, link, log)
    : applyStatic6(host, link, conf).then((given) => ({ line: given, how: "", stop() {} })));
  reporter.info(msg`Network: ${describeLink(link)} has ${line.address}/${line.prefixLength}${how}`);
  return () => {
    stop();
    restartIpv6(host, link.name);
  };
}

/** Gives a card its address (by DHCP unless `conf` says otherwise); returns how to take it away. */
async function setUpAddress(rescue: Rescue, link: Link, conf: IpConf | undefined): Promise<() => void> {
  if (conf?.method === "auto6" || conf?.method === "static6") return setUpSix(rescue, link, conf);
  const { host, reporter, log, identity } = rescue;
  const show = (setup: AddressSetup, how: string) => {
    const gateway = setup.routes.find(({ netmask }) => netmask === 0)?.gateway;
    const via = gateway === undefined ? msg`no gateway` : msg`gateway ${formatIpv4(gateway)}`;
    const address = `${formatIpv4(setup.address)}/${prefixOfMask(setup.netmask)}`;
    reporter.info(msg`Network: ${describeLink(link)} has ${address}, ${via}${how}`);
  };
  const clear = () => setLinkAddress(link.name, 0, 0, 0);
  if (conf?.method === "static") {
    const setup = staticSetup(conf);
    applyAddress(host, link.name, setup);
    show(setup, "");
    return clear;
  }
  const { lease, stop } = await startDhcp(host, link, identity.host ?? "", log);
  show(lease, msg`, by DHCP from ${formatIpv4(lease.server)}`);
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
  if (because !== undefined) reporter.warn(msg`${describeLink(link)} is used: ${because}`);
  return { link, clear: await setUpAddress(rescue, link, conf) };
}

/**
 * The address of the first card. A server named by its IPv6 address lies in a network that such an address leads to.
 */
function firstAddress({ ipconf, source: first, spares = [] }: NetworkOptions): IpConf | undefined {
  const source = first ?? spares[0];
  const isServerSix = source !== undefined && parseShare(source)?.server.startsWith("[");
  return ipconf ?? (isServerSix ? { device: undefined, method: "auto6" } : undefined);
}

async function bringUp(rescue: Rescue, undo: (() => void)[]): Promise<void> {
  const { host, modules, network, reporter } = rescue;
  const { further = [], vlans = [], bonds = [], nameServers = [] } = network.wishes;
  const ipconf = firstAddress(network.wishes);
  await modules.load("af_packet");
  if ([ipconf, ...further].some(isSix)) await modules.load("ipv6");
  forgetNameServices(host);
  undo.push(await makeVirtualLinks(host, modules, network.wishes));
  // A VLAN or bond is made to be used: it is the card where no word names another one.
  const first = await bringUpCard(rescue, ipconf, vlans.at(-1)?.name ?? bonds.at(-1)?.name);
  undo.push(first.clear);
  for (const conf of further) {
    try {
      undo.push((await bringUpCard(rescue, conf, undefined)).clear);
    } catch (error) {
      reporter.warn(msg`${messageOf(error)}; going on without it`);
    }
  }
  if (nameServers.length > 0) {
    forgetNameServices(host);
    addNameService(host, { nameServers, search: [] });
  }
  network.card = first.link;
}

/**
 * Bonds, VLANs, and every card that has words of its own; only the first card must come up. May be called again after a
 * failure.
 */
export async function bringUpNetwork(rescue: Rescue): Promise<void> {
  const { network, log } = rescue;
  try {
    network.reset();
  } catch (error) {
    log(messageOf(error));
  }
  const undo: (() => void)[] = [];
  network.reset = () => {
    for (const step of undo.splice(0).reverse()) step();
  };
  try {
    await bringUp(rescue, undo);
  } catch (error) {
    throw withSettingHint(error, bootWordHints);
  }
}
