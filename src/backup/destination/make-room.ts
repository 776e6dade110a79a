import type { VolumeInfo } from "../../archive/set-files.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { alignUp, formatBytes } from "../../base/units.ts";
import { ISO_SECTOR } from "../../formats/fs/iso9660.ts";
import { sizeOfMedium } from "../media-plan.ts";
import type { GrowingImage } from "./growing-image.ts";
import type { GrowingImages } from "./growing-images.ts";

/** What goes onto the media behind the volumes. */
export interface HeadNeeds {
  /** Capacities of the media. */
  readonly capacities: readonly number[];
  /** Lengths of catalog, manifest and what else each medium has. */
  readonly heads: readonly number[];
}

/** Bytes that an image would be longer than its medium. */
function excess(image: GrowingImage, number: number, { capacities, heads }: HeadNeeds, moreBytes = 0): number {
  const tail = image.tailBytes([...heads, moreBytes]);
  const bytes = [...heads, moreBytes].reduce((sum, sizeBytes) => sum + alignUp(sizeBytes, ISO_SECTOR), 0);
  return image.endOffset + bytes + tail - sizeOfMedium(capacities, number);
}

/**
 * Sees to it that the catalog fits onto each medium. Where it has become larger than was reserved, the last volumes go
 * to a further one. Returns the volumes with their media. Throws `no-space` where a medium has no room for the catalog
 * even without volumes.
 */
export async function makeRoom(
  images: GrowingImages,
  volumes: readonly VolumeInfo[],
  needs: HeadNeeds,
  onMove: (name: string, medium: number) => void,
): Promise<VolumeInfo[]> {
  const moved = new Map<string, number>();
  const before = images.all.length;
  for (const [index, image] of images.all.slice(0, before).entries()) {
    while (excess(image, index + 1, needs) > 0) {
      const volume = image.volumes.at(-1);
      if (!volume) throw tooLarge(index + 1, needs);
      let target = images.all.at(-1);
      if (!target || target === image || excess(target, images.all.length, needs, volume.sizeBytes) > 0) {
        target = await images.add();
        if (excess(target, images.all.length, needs, volume.sizeBytes) > 0) throw tooLarge(images.all.length, needs);
      }
      target.takeFrom(image);
      moved.set(volume.name, images.all.length);
      onMove(volume.name, images.all.length);
    }
  }
  return volumes.map((volume) => {
    const medium = moved.get(volume.name);
    return medium === undefined ? volume : { ...volume, medium };
  });
}

function tooLarge(medium: number, { heads }: HeadNeeds): MondoError {
  const bytes = heads.reduce((sum, sizeBytes) => sum + sizeBytes, 0);
  return new MondoError(
    "no-space",
    msg`the catalog and manifest (${formatBytes(bytes)}) do not fit onto medium ${medium}`,
    {
      hint: msg`Give larger media with -s.`,
    },
  );
}
