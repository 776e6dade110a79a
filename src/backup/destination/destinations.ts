import type { Medium } from "../request.ts";
import { bucketDestination } from "./bucket.ts";
import type { OpenDestination } from "./destination.ts";
import { directorySet } from "./directory-set.ts";
import { isoImages } from "./iso-images.ts";
import { streamDestination } from "./stream-destination.ts";
import { tapeDestination } from "./tape-destination.ts";

/** All kinds of destinations. */
export const destinations: Readonly<Record<Medium["kind"], OpenDestination>> = {
  images: isoImages,
  stream: streamDestination,
  directory: directorySet,
  tape: tapeDestination,
  bucket: bucketDestination,
};
