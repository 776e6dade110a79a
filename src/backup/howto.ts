import { describeParent } from "../archive/set/chain.ts";
import { isOfMachine, type Manifest, mediumOf } from "../archive/set/manifest.ts";
import { msg, told } from "../base/message.ts";
import { printable } from "../base/printable.ts";
import { codecNamed } from "../drivers/codec/codecs.ts";
import { HIDDEN, hiddenPlaces } from "../layout/hidden-places.ts";
import { nodesOf } from "../layout/types.ts";
import { unsavedWords } from "../layout/unsaved-words.ts";

/** How the header of each encrypted volume is put back. */
function renderHeaders({ headers = [] }: Manifest): string {
  if (headers.length === 0) return "";
  const lines = headers.map(
    ({ name }) => `    age -d -o header ${name} && cryptsetup luksHeaderRestore DEVICE --header-backup-file header`,
  );
  return msg`To put back the headers of LUKS volumes with all their key slots (age asks for the pass phrase that was given to --luks-headers):

${lines.join("\n")}

`;
}

/** How what was saved block by block is put back. */
function renderImages({ layout }: Manifest): string {
  const images = nodesOf(layout, "image");
  if (images.length === 0) return "";
  const lines = images.map(
    ({ entry, path, what }) => msg`    dd if=${entry} of=DEVICE bs=4M    # ${told(what)}, which was on ${path}`,
  );
  return msg`Partitions that were saved block by block are files with holes among the others. To look into one, mount it (mount -o loop,ro).
To put one back, onto a partition of at least its size:

${lines.join("\n")}

`;
}

/** A word as a shell takes it, whatever is in it. */
function shellWord(word: string): string {
  const seen = printable(word);
  return /^[\w./-]+$/.test(seen) ? seen : `'${seen.replaceAll("'", "'\\''")}'`;
}

/** How what lay below mounts gets back there. */
function renderHidden({ layout }: Manifest): string {
  const places = hiddenPlaces(layout).filter(({ tree }) => tree !== undefined);
  if (places.length === 0) return "";
  const unders = new Map(places.map(({ under, tree = "" }) => [tree.slice(1), under]));
  const lines = [...unders].map(([tree, under]) => {
    return `    mount --bind ${shellWord(`TARGET${under}`)} /mnt && cp -a ${shellWord(`${tree}/.`)} /mnt/ && umount /mnt`;
  });
  return msg`Files that lay below mount points, where the mounts hide them, are in the directory ${HIDDEN}. To put them there again, with all
file systems of the machine mounted below TARGET:

${lines.join("\n")}

`;
}

/** What was mounted, or to be, and is not in the set. */
function renderUnsaved({ layout }: Manifest): string {
  const lines = nodesOf(layout, "unsaved").map((node) => `    ${node.path} ${unsavedWords(node)}`);
  return lines.length === 0 ? "" : msg`Of the machine's mounts, these are not in it:\n\n${lines.join("\n")}\n\n`;
}

/** What is different with a set that builds on others; nothing for a full one. */
function renderParents({ parents = [], removed, host }: Manifest): string {
  if (!removed) return "";
  const names = parents.map((parent) => `    ${describeParent(parent, host.name)}\n`).join("");
  return msg`
It holds what has changed since another backup, and builds on, oldest first:

${names}
A restore needs them too: have them in the same directory or in other drives.
To get the files back by hand, unpack each of these in turn as its own HOWTO.txt says, into the same directory. Then, there, before you
unpack this one, take away what was deleted or replaced meanwhile (the list has a NUL behind each name):

    xargs -0 -r rm -rf -- < ${removed.name}
`;
}

/** What a set is written to, in words. */
export type SetForm = "disc" | "directory";

const RESTORE_DIRECTORY = msg`To restore the whole machine: start its rescue system, which is vmlinuz and initrd.img in the directory boot beside this one
(from a stick, the machine's own boot menu, or over the network). It finds this directory, and offers "nuke" (erases the disks that
the backup names) and "interactive".`;

/** How all of it comes back. */
function renderRestore(manifest: Manifest, form: SetForm): string {
  if (!isOfMachine(manifest)) {
    return msg`It is the backup of a directory tree, not of a machine: there are no disks to be made again, only files.`;
  }
  if (form === "directory") return RESTORE_DIRECTORY;
  const disc = mediumOf(manifest).of === 1 ? msg`this disc` : "disc 1";
  return msg`To restore the whole machine: boot it from ${disc} and choose "nuke" (erases the disks that the backup names)
or "interactive".`;
}

/** The text file on every medium that says how to get the files back without this program. */
export function renderHowto(manifest: Manifest, form: SetForm = "disc"): string {
  const volumes = manifest.volumes.map((volume) => volume.name).join(" ");
  const { command, type } = codecNamed(manifest.codec);
  const tools = type === "none" ? "tar" : msg`tar and ${type}`;
  const decompressed = type === "none" ? `cat ${volumes}` : `cat ${volumes} | ${command}`;
  const { number, of } = mediumOf(manifest);
  const medium = of === 1 ? "" : msg`\nThis is disc ${number} of ${of}. Disc 1 boots.\n`;
  const gather =
    of === 1
      ? ""
      : msg`Copy the files volume-* of all ${of} discs into one directory first; the stream runs through all of them, in the order of
their numbers. Of one disc alone, tar gets the files that are whole on it, and passes over what began on the disc before.

`;
  const own = manifest.volumes.filter((volume) => (volume.medium ?? 1) === number);
  return msg`This ${form} holds a backup of ${manifest.host.name}, made by mondo ${manifest.tool.version} on ${new Date(manifest.created * 1000).toISOString()}.
${medium}
${renderRestore(manifest, form)}
${renderParents(manifest)}
To get files back on any Linux with ${tools}, as root, in an empty directory:

${gather}    ${decompressed} | tar -x -p --numeric-owner --xattrs --xattrs-include='*' -f -

To get some of them, add their paths without the leading slash at the end:  … -f - etc/fstab

To check the files of this ${of === 1 ? msg`set` : msg`disc`}:

${own.map((volume) => `    echo "${volume.sha256}  ${volume.name}" | sha256sum -c`).join("\n")}

${renderImages(manifest)}${renderHidden(manifest)}${renderHeaders(manifest)}${renderUnsaved(manifest)}manifest.json describes the ${isOfMachine(manifest) ? msg`disks` : msg`set`} (JSON); it was written last: a set without it is unfinished.
`;
}
