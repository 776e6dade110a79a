import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import { setLinkUp } from "../host/link-control.ts";
import type { ModuleService } from "../modules/module-service.ts";
import { describeLink, findLink, guessLink, type Link, type LinkChoice, listLinks } from "./links.ts";
import { cure } from "./setting.ts";

/** Drivers come one by one, and some cards take their firmware first: this long while drivers are still loading. */
const CARD_MS = 45_000;
/** Autonegotiation of gigabit copper takes 2 to 4 s, of 10 gigabit up to 10 s. */
const CARRIER_MS = 12_000;
const QUIET_MS = 1500;
/** With several cards, one is chosen by its cable only after each has had the time to find its link. */
const GUESS_MS = 6000;
const LOOK_EVERY_MS = 50;

/** The card that is wanted: `device` is a name or a hardware address. */
export interface LinkWish {
  readonly device: string | undefined;
  readonly bootMac: string | undefined;
}

/** Switches every card on: only then it looks for a link. One that can't be stays out. */
function switchOn(host: Host, done: Map<string, string>): Link[] {
  for (const { name } of listLinks(host)) {
    if (done.has(name)) continue;
    done.set(name, "");
    try {
      setLinkUp(name, true);
    } catch (error) {
      done.set(name, messageOf(error));
    }
  }
  return listLinks(host);
}

function noCard(wish: LinkWish, links: readonly Link[]): MondoError {
  const what = wish.device === undefined ? msg`a network card to use` : msg`the network card ${wish.device}`;
  const there = links.map((link) => `${describeLink(link)}${link.carrier ? "" : msg` without a link`}`).join(", ");
  const found = there === "" ? msg`this machine shows no network card at all` : msg`there are ${there}`;
  return new MondoError("not-found", msg`${what} wasn't found: ${found}`, {
    ...(there === ""
      ? { hint: msg`Look above for a missing driver or firmware, or connect a card (one by USB is found at once).` }
      : cure("card")),
  });
}

/**
 * The card that is wanted, switched on, with or without a link. Throws `not-found` when there is none (within 15 s).
 */
export async function waitForCard(host: Host, modules: ModuleService, wish: LinkWish): Promise<LinkChoice> {
  const began = host.nowMs();
  const tried = new Map<string, string>();
  for (;;) {
    const links = switchOn(host, tried);
    const waited = host.nowMs() - began;
    const isCalm = Math.min(waited, modules.quietMs()) >= QUIET_MS;
    const hasLinks = waited >= GUESS_MS || links.every(({ carrier }) => carrier);
    const choice =
      findLink(links, wish.device, wish.bootMac) ?? (isCalm && hasLinks ? guessLink(links, wish.device) : undefined);
    if (choice) {
      const failure = tried.get(choice.link.name) ?? "";
      if (failure !== "") throw new MondoError("system", msg`${describeLink(choice.link)} can't be used: ${failure}`);
      return choice;
    }
    if (waited >= CARD_MS || (isCalm && waited >= GUESS_MS)) throw noCard(wish, links);
    await host.sleep(LOOK_EVERY_MS);
  }
}

/** The card that is wanted, switched on and with a link. Throws `not-found` (no such card) or `system` (no link). */
export async function waitForLink(host: Host, modules: ModuleService, wish: LinkWish): Promise<LinkChoice> {
  setLinkUp("lo", true);
  const choice = await waitForCard(host, modules, wish);
  const began = host.nowMs();
  for (;;) {
    const now = listLinks(host).find(({ name }) => name === choice.link.name);
    if (now?.carrier) return { ...choice, link: now };
    if (host.nowMs() - began >= CARRIER_MS) break;
    await host.sleep(LOOK_EVERY_MS);
  }
  if (/(^|\s)acpi=off(\s|$)/.test(host.tryReadText("/proc/cmdline") ?? "")) {
    throw new MondoError("system", msg`${describeLink(choice.link)} shows no link, perhaps because of acpi=off`, {
      hint: msg`Start again without acpi=off: most machines can't take a card's interrupts without ACPI.`,
    });
  }
  const others = listLinks(host).filter(({ carrier }) => carrier);
  throw new MondoError(
    "system",
    msg`${describeLink(choice.link)} has no link (no cable, or nothing alive at its other end)`,
    {
      ...(others.length === 0
        ? { hint: msg`Plug the cable in, or look at the switch.` }
        : { hint: msg`Plug the cable in (${others.map(describeLink).join(", ")} has a link)`, ...cure("card") }),
    },
  );
}
