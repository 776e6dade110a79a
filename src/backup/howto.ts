import type { Manifest } from "../archive/manifest.ts";
import { codecNamed } from "../drivers/codec/codecs.ts";

/** The text file on every medium that says how to get the files back without this program. */
export function renderHowto(manifest: Manifest): string {
  const volumes = manifest.volumes.map((volume) => volume.name).join(" ");
  const { command, type } = codecNamed(manifest.codec);
  const tools = type === "none" ? "tar" : `tar and ${type}`;
  const decompressed = type === "none" ? `cat ${volumes}` : `cat ${volumes} | ${command}`;
  return `This disc holds a backup of ${manifest.host.name}, made by mondo ${manifest.tool.version} on ${new Date(manifest.created * 1000).toISOString()}.

To restore the whole machine: boot it from this disc and choose "nuke" (erases the disks that the backup names)
or "interactive".

To get files back on any Linux with ${tools}, as root, in an empty directory:

    ${decompressed} | tar -x -p --numeric-owner --xattrs --xattrs-include='*' -f -

To get some of them, add their paths without the leading slash at the end:  … -f - etc/fstab

To check the files of this set:

${manifest.volumes.map((volume) => `    echo "${volume.sha256}  ${volume.name}" | sha256sum -c`).join("\n")}

manifest.json describes the disks (JSON); it was written last: a set without it is unfinished.
`;
}
