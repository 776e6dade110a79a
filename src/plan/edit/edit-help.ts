import { msg } from "../../base/message.ts";
import { termLines, wrap } from "../../base/wrap.ts";
import { encodeEdits } from "./edit.ts";
import { editFromWord, setMeanings } from "./word-edits.ts";

const EXAMPLE = ["vdb.disk=like:vda", "root.raid=raid1:vdb5", "root.lvm=vg0/root", "root.type=xfs"];

/** How a layout is edited, for people; wrapped to the width in characters. */
export function renderEditHelp(width: number): string {
  const lines = Object.entries(setMeanings).flatMap(([key, { value, help }]) =>
    termLines(`${key}=${value}`, help, { width, column: 34 }),
  );
  const shown = encodeEdits(EXAMPLE.map(editFromWord))
    .trimEnd()
    .split("\n")
    .map((line) => `  ${line}`);
  return [
    ...wrap(
      msg`A restore can make another layout than the one that was saved. A change is NODE.KEY=VALUE with --set, or an entry of a file for --edit and for answers. NODE is a mount point (/home, home, root), swap, a device (sda2, md0, vg0/root), a volume group, or an id of mondo layout --json. Changes are done one after the other.`,
      width,
    ),
    "",
    ...lines,
    "",
    ...wrap(
      msg`Devices of a list are joined by +. Sizes: 20g, 700m, 50% of the disk or the group, rest. Files go where they lie by their paths: those of a mount point that is taken away go to the file system above.`,
      width,
    ),
    "",
    ...wrap(
      msg`The root as XFS in LVM on a mirror of two disks: ${EXAMPLE.map((word) => `--set ${word}`).join(" ")}`,
      width,
    ),
    "",
    msg`The same as a file:`,
    ...shown,
  ].join("\n");
}
