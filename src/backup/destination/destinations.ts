import type { Medium } from "../request.ts";
import type { OpenDestination } from "./destination.ts";
import { stagedImages } from "./staged-images.ts";

/** All kinds of destinations. */
export const destinations: Readonly<Record<Medium["kind"], OpenDestination>> = {
  images: stagedImages,
};
