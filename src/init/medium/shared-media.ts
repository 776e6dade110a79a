import type { Manifest } from "../../archive/set/manifest.ts";
import type { MediumPass } from "../../archive/set/media-passes.ts";
import type { OpenSet } from "../../archive/set/open-set.ts";
import { msg } from "../../base/message.ts";
import type { RestoreContext } from "../../restore/context.ts";
import type { Rescue } from "../rescue.ts";
import { chooseWhileWaiting, describeMedium } from "./missing-medium.ts";
import type { Medium } from "./mounted-medium.ts";

/**
 * Images of a set on a share: all that are there are at hand; for one that is missing a person may put it there. Its
 * parents' images have been found before.
 */
export function sharedMedia(
  rescue: Rescue,
  { name }: Medium,
  manifest: Manifest,
  reopen: () => OpenSet,
): Pick<RestoreContext, "media" | "locate"> {
  let seen = reopen();
  const isThere = ({ set, medium }: MediumPass) =>
    set !== undefined || seen.media.some(({ number, place }) => number === medium && place !== undefined);
  // What its file is called, where the others are called alike: that is what a person looks for on a share.
  const file = /([^/]+)-\d+\.iso$/.exec(name)?.[1];
  const describe = (pass: MediumPass) => {
    const medium = describeMedium(manifest, pass);
    return file === undefined || pass.set !== undefined ? medium : `${file}-${pass.medium}.iso (${medium})`;
  };
  const media = {
    isChanged: false,
    describe,
    async reach(pass: MediumPass) {
      if (!isThere(pass)) seen = reopen();
      return isThere(pass);
    },
    async ask(pass: MediumPass) {
      for (;;) {
        const what = msg`${describe(pass)} is not beside ${name}, or not whole. Put it there.`;
        if ((await chooseWhileWaiting(rescue, describe(pass), what)) === "without") return false;
        seen = reopen();
        if (isThere(pass)) return true;
      }
    },
  };
  return { media, locate: (file) => seen.locate(file) };
}
