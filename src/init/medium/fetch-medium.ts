import { MondoError, messageOf } from "../../base/errors.ts";
import { type SharedPlace, sharedPlace } from "../../shares/share-words.ts";
import { unmountAt } from "../../shares/unmount-share.ts";
import { bringUpNetwork } from "../network/bring-up-network.ts";
import type { Rescue } from "../rescue.ts";
import { attachShare, SHARE_PLACE } from "./attach-share.ts";
import { type Medium, unmountMedium } from "./mounted-medium.ts";
import { openSharedSet } from "./shared-set.ts";

/** Loose ends of an earlier try. What can't be taken down must not stop the next one. */
async function takeDown({ host, network, log }: Rescue): Promise<void> {
  const { detach, reset } = network;
  const steps = [() => unmountMedium(host), () => unmountAt(host, SHARE_PLACE), detach, reset];
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

/** The set on a share that can be reached now. */
async function openPlace(rescue: Rescue, place: SharedPlace): Promise<Medium> {
  const { host, modules, network, reporter } = rescue;
  const { how, unmount } = await attachShare(rescue, place);
  network.detach = unmount;
  const { name } = place.share;
  reporter.info(`Network: ${name} is ${how}`);
  for (const module of ["loop", "isofs"]) await modules.require(module);
  const { image } = place;
  const wish = { prefix: network.wishes.prefix, set: wantedSet(rescue), ...(image === undefined ? {} : { image }) };
  return openSharedSet(host, SHARE_PLACE, name, wish);
}

/**
 * From a bare card to the set on its server, mounted. May be called again after a failure; each is one clear sentence.
 */
export async function fetchMedium(rescue: Rescue): Promise<Medium> {
  await takeDown(rescue);
  const place = sharedPlace(rescue.network.wishes.source ?? "");
  if (!place) {
    throw new MondoError("usage", "pxe was given, but no nfsmount= that says where the set is", {
      hint: "Type the values here, or add nfsmount=SERVER:/EXPORT or mondo.source=URL to the boot words.",
    });
  }
  await bringUpNetwork(rescue);
  return openPlace(rescue, place);
}
