import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import { addVlan, removeVlan, setLinkUp } from "../host/link-control.ts";
import type { ModuleService } from "../modules/module-service.ts";
import type { BondWord, VlanWord } from "./ip-words.ts";
import { cure } from "./setting.ts";
import { waitForCard } from "./wait-link.ts";

const MASTERS = "/sys/class/net/bonding_masters";
const DEFAULT_OPTIONS: BondWord["options"] = [["miimon", "100"]];

/** The mode can only be set while the bond is down and empty, and other options depend on it. */
const ordered = (options: BondWord["options"]) => [
  ...options.filter(([name]) => name === "mode"),
  ...DEFAULT_OPTIONS.filter(([name]) => !options.some(([given]) => given === name || given === "arp_interval")),
  ...options.filter(([name]) => name !== "mode" && name !== "primary"),
];

function setOption(host: Host, bond: string, name: string, value: string): void {
  try {
    host.poke(`/sys/class/net/${bond}/bonding/${name}`, `${value}\n`);
  } catch (cause) {
    throw new MondoError("usage", msg`the bond ${bond} does not take ${name}=${value}: ${messageOf(cause)}`, {
      ...cure("bond"),
      cause,
    });
  }
}

async function makeBond(host: Host, modules: ModuleService, { name, members, options }: BondWord): Promise<void> {
  await modules.require("bonding");
  const cards: string[] = [];
  for (const device of members) {
    const { link } = await waitForCard(host, modules, { device, bootMac: undefined });
    cards.push(link.name);
  }
  // The module makes bond0 by itself when it is loaded.
  if (host.exists(`/sys/class/net/${name}`)) host.poke(MASTERS, `-${name}\n`);
  host.poke(MASTERS, `+${name}\n`);
  for (const [option, value] of ordered(options)) setOption(host, name, option, value);
  for (const card of cards) {
    setLinkUp(card, false);
    setOption(host, name, "slaves", `+${card}`);
  }
  for (const [option, value] of options) if (option === "primary") setOption(host, name, option, value);
  setLinkUp(name, true);
}

async function makeVlan(host: Host, modules: ModuleService, { name, parent, id, scheme }: VlanWord): Promise<void> {
  await modules.require("8021q");
  const { link } = await waitForCard(host, modules, { device: parent, bootMac: undefined });
  addVlan(link.name, id, scheme);
  setLinkUp(name, true);
}

/** The cards that don't exist before somebody makes them. */
export interface VirtualLinks {
  readonly bonds?: readonly BondWord[];
  readonly vlans?: readonly VlanWord[];
}

/**
 * Makes the bonds and then the VLANs that were asked for; returns how to take them away. Throws `not-found`, `usage` or
 * `system`.
 */
export async function makeVirtualLinks(
  host: Host,
  modules: ModuleService,
  { bonds = [], vlans = [] }: VirtualLinks,
): Promise<() => void> {
  const undo: (() => void)[] = [];
  const takeAway = () => {
    for (const step of undo.splice(0).reverse()) step();
  };
  try {
    for (const bond of bonds) {
      undo.push(() => host.exists(`/sys/class/net/${bond.name}`) && host.poke(MASTERS, `-${bond.name}\n`));
      await makeBond(host, modules, bond);
    }
    for (const vlan of vlans) {
      undo.push(() => host.exists(`/sys/class/net/${vlan.name}`) && removeVlan(vlan.name));
      await makeVlan(host, modules, vlan);
    }
    return takeAway;
  } catch (error) {
    takeAway();
    throw error;
  }
}
