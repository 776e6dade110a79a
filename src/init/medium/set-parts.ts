import { readCatalog } from "../../archive/catalog/catalog.ts";
import { everything } from "../../archive/catalog/selection.ts";
import { volumesOfChain } from "../../archive/set/chain.ts";
import { type Manifest, mediumOf } from "../../archive/set/manifest.ts";
import { volumesUsed } from "../../archive/set/media-passes.ts";
import type { FileSpan, Locate } from "../../archive/set-files.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { RestoreContext } from "../../restore/context.ts";
import type { Rescue } from "../rescue.ts";
import { DeviceMedia } from "./device-media.ts";
import { lookForMedium } from "./look-for-medium.ts";
import { isMediumMounted, type Medium, SET_DIRECTORY } from "./mounted-medium.ts";
import { sharedMedia } from "./shared-media.ts";

/** In RAM: needed to the end, whatever disc is in the drive. */
const CATALOG_COPY = "/run/mondo/catalog.mcat.zst";

/** What a restore asks of its medium when the set lies on several, or its parents' discs are changed in the drive. */
type MediaParts = Partial<Pick<RestoreContext, "manifest" | "locate" | "media" | "needed">>;

/** Of a set with parents, the volumes that it refers to, and its own. */
function neededOf(manifest: Manifest, catalog: FileSpan): Pick<MediaParts, "needed"> {
  if ((manifest.parents ?? []).length === 0) return {};
  const used = volumesUsed(readCatalog(catalog), everything);
  return { needed: manifest.volumes.filter(({ name }, index) => !name.includes("/") || used.has(index)) };
}

/**
 * Files of what is mounted now, if it is of the set that they belong to (parents' are named `ID/NAME`); the catalog
 * from its copy.
 */
function locateMounted(
  rescue: Rescue,
  { set: own, parents = [] }: Manifest,
  catalog: FileSpan,
  catalogName: string,
): Locate {
  const { host } = rescue;
  return (name) => {
    if (name === catalogName) return catalog;
    const slash = name.indexOf("/");
    const set = slash < 0 ? own : name.slice(0, slash);
    if (rescue.medium?.manifest.set !== set) return undefined;
    const path = `${SET_DIRECTORY}/${name.slice(slash + 1)}`;
    const stat = host.stat(path);
    if (stat?.kind !== "file") return undefined;
    const parent = parents.find((one) => one.set === set);
    return { path, offset: 0, sizeBytes: stat.sizeBytes, ...(parent ? { codec: parent.codec ?? "zstd" } : {}) };
  };
}

/** The catalog in RAM, to the end. Throws `not-found` when neither it nor the set's medium is there. */
export function catalogCopy({ host, medium }: Rescue, { set, catalog, host: { name } }: Manifest): FileSpan {
  const path = `${CATALOG_COPY}.${set}`;
  if (host.stat(path)?.sizeBytes !== catalog.sizeBytes) {
    if (medium?.manifest.set !== set) {
      throw new MondoError("not-found", msg`no medium of the backup of ${name} (set ${set}) is in its drive`, {
        hint: msg`Insert its first medium and look for it again.`,
      });
    }
    host.makeDirectory("/run/mondo");
    host.copy(`${medium.setDirectory}/${catalog.name}`, path);
  }
  return { path, offset: 0, sizeBytes: host.stat(path)?.sizeBytes ?? 0 };
}

/** How a restore gets at discs that are changed in a drive: those of the set, and of its parents. */
export function deviceParts(rescue: Rescue, own: Manifest): MediaParts {
  const catalog = catalogCopy(rescue, own);
  const manifest: Manifest = { ...own, volumes: [...volumesOfChain(own)] };
  const locate = locateMounted(rescue, own, catalog, own.catalog.name);
  return { manifest, locate, media: new DeviceMedia(rescue, own), ...neededOf(manifest, catalog) };
}

/** How a restore gets at a set that lies on several media; nothing for one that is all on the one that was found. */
export function mediaParts(rescue: Rescue, own: Manifest): MediaParts {
  const { medium } = rescue;
  if (mediumOf(own).of === 1) return {};
  return medium?.reopen ? sharedMedia(rescue, medium, own, medium.reopen) : deviceParts(rescue, own);
}

/** A medium of the set, mounted: an earlier restore may have left another disc, or none. Throws `not-found`. */
export async function ownMedium(rescue: Rescue, manifest: Manifest): Promise<Medium> {
  const { host, medium } = rescue;
  const isOwn = medium?.manifest.set === manifest.set;
  if (medium && isOwn && (medium.reopen || isMediumMounted(host))) return medium;
  const found = await lookForMedium(host, { set: manifest.set.toLowerCase() }, new Map());
  if (found) rescue.medium = found;
  // With several media the catalog is in RAM, and each disc is asked for.
  const anyway = found ?? (mediumOf(manifest).of > 1 ? medium : undefined);
  if (anyway) return anyway;
  throw new MondoError(
    "not-found",
    msg`no medium of the backup of ${manifest.host.name} (set ${manifest.set}) is in its drive`,
    {
      hint: msg`Insert it, and begin again.`,
    },
  );
}
