import type { Medium } from "../request.ts";
import type { OpenDestination } from "./destination.ts";
import { directorySet } from "./directory-set.ts";
import { isoImages } from "./iso-images.ts";
import { storeDestination } from "./store-destination.ts";
import { streamDestination } from "./stream-destination.ts";
import { tapeDestination } from "./tape-destination.ts";

/** All kinds of destinations. */
export const destinations: Readonly<Record<Medium["kind"], OpenDestination>> = {
  images: isoImages,
  // They are burnt when all of them are made: each has the whole catalog, which is known in the end.
  discs: isoImages,
  stream: streamDestination,
  directory: directorySet,
  tape: tapeDestination,
  store: storeDestination,
};
