import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { type SharedPlace, sharedPlace, sourceOf } from "../../shares/share-words.ts";
import { unmountAt } from "../../shares/unmount-share.ts";
import { bringUpNetwork } from "../network/bring-up-network.ts";
import type { Rescue } from "../rescue.ts";
import { attachShare, SHARE_PLACE } from "./attach-share.ts";
import { type Medium, unmountMedium } from "./mounted-medium.ts";
import { openSharedSet } from "./shared-set.ts";

/** What can't be taken down must not stop the next try. */
async function quietly({ log }: Rescue, steps: readonly (() => void | Promise<void>)[]): Promise<void> {
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      log(messageOf(error));
    }
  }
}

/** The set and its shares; the network stays. */
async function takeDownSet(rescue: Rescue): Promise<void> {
  const { host, network } = rescue;
  const { detach } = network;
  network.detach = async () => {};
  network.spares = [];
  await quietly(rescue, [() => unmountMedium(host), () => unmountAt(host, SHARE_PLACE), detach]);
}

/** Loose ends of an earlier try. */
async function takeDown(rescue: Rescue): Promise<void> {
  await takeDownSet(rescue);
  const { network } = rescue;
  const { reset } = network;
  network.reset = () => {};
  network.card = undefined;
  await quietly(rescue, [reset]);
}

/** An image of a fleet serves every prefix; only one that was made for a single set insists on it. */
const setThere = ({ options, identity, network, takesAnySet }: Rescue): string | undefined =>
  takesAnySet ? undefined : (options.set ?? (network.wishes.prefix === undefined ? identity.set : undefined));

/** The set on a share that can be reached now. */
async function openPlace(rescue: Rescue, place: SharedPlace): Promise<Medium> {
  const { host, modules, network, reporter } = rescue;
  const { how, unmount } = await attachShare(rescue, place);
  network.detach = unmount;
  const { name } = place.share;
  reporter.info(msg`Network: ${name} is ${how}`);
  for (const module of ["loop", "isofs"]) await modules.require(module);
  const { image } = place;
  const wish = { prefix: network.wishes.prefix, set: setThere(rescue), ...(image === undefined ? {} : { image }) };
  return openSharedSet(host, SHARE_PLACE, name, wish);
}

/**
 * From a bare card to the set on its server, mounted. May be called again after a failure; each is one clear sentence.
 */
export async function fetchMedium(rescue: Rescue): Promise<Medium> {
  const { network, reporter } = rescue;
  const { source, spares = [] } = network.wishes;
  const places = [source, ...spares].flatMap((text) => sharedPlace(text ?? "") ?? []);
  const [first] = places;
  await takeDown(rescue);
  if (!first) {
    throw new MondoError("usage", msg`pxe was given, but no nfsmount= that says where the set is`, {
      hint: msg`Type the values here, or add nfsmount=SERVER:/EXPORT or mondo.source=URL to the boot words.`,
    });
  }
  await bringUpNetwork(rescue);
  for (const [at, place] of places.entries()) {
    const next = places[at + 1];
    try {
      const medium = await openPlace(rescue, place);
      network.spares = places.filter((other) => other !== place).map(sourceOf);
      return medium;
    } catch (error) {
      if (!next) throw error;
      reporter.warn(msg`${messageOf(error)}; trying ${next.share.name}`);
    }
    await takeDownSet(rescue);
  }
  return openPlace(rescue, first);
}
