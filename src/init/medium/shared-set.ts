import { type DatedSet, datedSetsBelow, familyOf, prefixOf } from "../../archive/set/dated-sets.ts";
import { openSet, requireComplete } from "../../archive/set/open-set.ts";
import { readManifest } from "../../archive/set/read-manifest.ts";
import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import { withLoopDevice } from "../../host/loop.ts";
import { type Medium, mountIso, SET_DIRECTORY } from "./mounted-medium.ts";

/** Which set on a share is wanted. */
export interface SetWish {
  readonly prefix: string | undefined;
  /** Id of the set, lower-case. */
  readonly set: string | undefined;
  /** The image that was named; goes before the prefix. */
  readonly image?: string;
}

const SHOWN = 8;

const FAR = { on: "server", drive: undefined, carriers: [] } as const;

/** Mounts an image of the share as the medium. */
function mountImage(host: Host, directory: string, file: string, place: string): Medium {
  const path = `${directory}/${file}`;
  const opened = openSet(host, path);
  requireComplete(opened);
  withLoopDevice(path, (device) => mountIso(host, device));
  const about = { ...FAR, setDirectory: SET_DIRECTORY, name: `${place}/${file}` };
  return { ...about, manifest: opened.manifest, beside: directory, reopen: () => openSet(host, path) };
}

/** First images of the sets in a directory; each set's id, or why it can't be read. */
function imagesIn(host: Host, directory: string): { readonly file: string; readonly set: string }[] {
  return host
    .list(directory)
    .filter((file) => file.endsWith("-1.iso"))
    .map((file) => {
      try {
        return { file, set: openSet(host, `${directory}/${file}`).manifest.set.toLowerCase() };
      } catch (error) {
        return { file, set: messageOf(error) };
      }
    });
}

function missing(host: Host, directory: string, place: string, image: string): MondoError {
  const images = host.list(directory).filter((file) => file.endsWith(".iso"));
  const more = images.length > SHOWN ? msg` and ${images.length - SHOWN} more` : "";
  const there =
    images.length === 0 ? msg`there is no image at all` : msg`there are ${images.slice(0, SHOWN).join(", ")}${more}`;
  return new MondoError("not-found", msg`${place} has no ${image}: ${there}`, {
    hint: msg`Give another prefix=, or the directory that holds it (nfsmount=SERVER:/EXPORT/DIR, mondo.source=URL/DIR).`,
  });
}

/** A set whose files lie on the share as they are. */
function plainSet(host: Host, directory: string, place: string, prefix: string | undefined): Medium | undefined {
  const below = prefix === undefined ? ["", "/mondo"] : [`/${prefix}`, `/${prefix}/mondo`];
  const found = below.find((path) => host.exists(`${directory}${path}/manifest.json`));
  if (found === undefined) return undefined;
  return directoryMedium(host, directory, place, found.replace(/\/mondo$/, ""), found);
}

/** The directory set at a path below the share as the medium. */
function directoryMedium(host: Host, directory: string, place: string, path: string, found = `${path}/mondo`): Medium {
  const setDirectory = `${directory}${found}`;
  const manifest = readManifest(host, `${setDirectory}/manifest.json`, `${place}${found}/manifest.json`);
  const about = { ...FAR, setDirectory, name: `${place}${found}` };
  const above = `${directory}${path}`.replace(/\/[^/]*$/, "");
  const beside = above.length < directory.length ? directory : above;
  return { ...about, manifest, beside, reopen: () => openSet(host, setDirectory) };
}

/** A set in a directory of its own below the share: the one with the wanted id, else the newest of the only machine. */
function datedSet(host: Host, directory: string, place: string, { prefix, set }: SetWish): Medium | undefined {
  const all = datedSetsBelow(host, directory);
  const fitting = all.filter((one) => prefix === undefined || one.setName === undefined || prefixOf(one) === prefix);
  const mediumOf = (dated: DatedSet): Medium | undefined => {
    try {
      return directoryMedium(host, directory, place, dated.directory.slice(directory.length));
    } catch (error) {
      if (error instanceof MondoError && error.code === "damaged") return undefined;
      throw error;
    }
  };
  // One that was named by its id may have been made with another prefix.
  for (const dated of set === undefined ? [] : all.toReversed()) {
    const medium = mediumOf(dated);
    if (medium?.manifest.set.toLowerCase() === set) return medium;
  }
  const families = [...new Set(fitting.map(familyOf))];
  if (families.length > 1) {
    throw new MondoError("not-found", msg`${place} holds backups of several machines: ${families.join(", ")}`, {
      hint: msg`Give the directory of one of them: nfsmount=SERVER:/EXPORT/DIR/HOST or mondo.source=URL/HOST.`,
    });
  }
  return set === undefined
    ? fitting
        .toReversed()
        .map(mediumOf)
        .find((medium) => medium !== undefined)
    : undefined;
}

function requireSet(medium: Medium, wanted: string | undefined): Medium {
  const { manifest, name } = medium;
  if (wanted === undefined || manifest.set.toLowerCase() === wanted) return medium;
  throw new MondoError(
    "not-found",
    msg`${name} holds another set (${manifest.set} of ${manifest.host.name}), not ${wanted}`,
    {
      hint: msg`Give another prefix=, or start without mondo.set=.`,
    },
  );
}

/**
 * Finds the set in a mounted directory and makes it the medium: `PREFIX-1.iso`, loop-mounted, or a plain directory with
 * manifest.json. Without a prefix, the one that has the wanted id, or the only one. `place` is what people call the
 * directory.
 */
export function openSharedSet(host: Host, directory: string, place: string, wish: SetWish): Medium {
  const { prefix, set } = wish;
  const named = wish.image ?? (prefix === undefined ? undefined : `${prefix}-1.iso`);
  if (named !== undefined && host.exists(`${directory}/${named}`)) {
    return requireSet(mountImage(host, directory, named, place), set);
  }
  if (wish.image !== undefined) throw missing(host, directory, place, wish.image);
  const plain = plainSet(host, directory, place, prefix) ?? datedSet(host, directory, place, wish);
  if (plain) return requireSet(plain, set);
  if (named !== undefined) throw missing(host, directory, place, named);
  const images = imagesIn(host, directory);
  const fitting = set === undefined ? images : images.filter((image) => image.set === set);
  const [only, second] = fitting;
  if (only && !second) return mountImage(host, directory, only.file, place);
  const names = images.map(({ file }) => file.replace(/-1\.iso$/, "")).join(", ");
  if (second) {
    throw new MondoError("not-found", msg`${place} holds several sets (${names}), and no prefix= chooses one of them`, {
      hint: msg`Give prefix= with one of these names.`,
    });
  }
  const what = set === undefined ? msg`no set (neither PREFIX-1.iso nor manifest.json)` : msg`no set ${set}`;
  throw new MondoError("not-found", msg`${place} holds ${what}${names === "" ? "" : msg`; there are ${names}`}`, {
    hint: msg`Give prefix=, or the directory below the export in nfsmount=SERVER:/EXPORT/DIR.`,
  });
}
