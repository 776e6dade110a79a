import { msg } from "../base/message.ts";
import type { Action, Effect } from "../effects/effect.ts";
import { nameUses, specAsPath } from "../layout/device-names.ts";
import type { Layout } from "../layout/types.ts";

type Names = Readonly<Record<string, string>>;

/** Writing to the command line in a unified kernel image would break its signature. */
const UNIFIED = /#\.cmdline$/;
/** Files whose readers take paths only. */
const TAKES_PATHS = /\/(mdadm|lvm|lvmlocal|dracut)\.conf$|\/dracut\.conf\.d\/|\.mount$/;
/** GRUB works without it and makes a new one if needed. */
const DEVICE_MAP = /\/device\.map$/;
/** Files that an initramfs may hold copies of; the excluded ones are read by boot loaders only. */
const FOR_INITRAMFS = /^\/etc\/(?!default\/grub|kernel\/cmdline|lilo|systemd\/)/;

/** Files in which device names change, with the names that do. */
function changesByFile(layout: Layout, names: Names): [file: string, changes: Names][] {
  const files = new Map<string, Record<string, string>>();
  for (const { file, name } of nameUses(layout)) {
    const to = names[name];
    if (to === undefined) continue;
    files.set(file, { ...files.get(file), [name]: TAKES_PATHS.test(file) ? specAsPath(to) : to });
  }
  return [...files];
}

function effectOf(root: string, file: string, names: Names): Effect {
  const path = `${root}${file}`;
  return DEVICE_MAP.test(file)
    ? { do: "setAside", path, to: `${path}.before-restore` }
    : { do: "renameDevices", path, names };
}

/** Replaces names by serial number, slot or kernel name in control files by names that are valid on any machine. */
export function nameActions(layout: Layout, names: Names, root: string): Action[] {
  const files = changesByFile(layout, names).filter(([file]) => !UNIFIED.test(file));
  return files.map(([file, changes]) => ({
    id: `names:${file}`,
    node: "device-names",
    say: DEVICE_MAP.test(file)
      ? msg`Set ${file} aside, because disks are called otherwise here`
      : msg`Name devices in ${file} by what lies on them, because they are called otherwise here`,
    destroys: [],
    effects: [effectOf(root, file, changes)],
  }));
}

/** Whether names change in files that an initramfs holds copies of. */
export function changesInitramfs(layout: Layout, names: Names): boolean {
  return changesByFile(layout, names).some(([file]) => FOR_INITRAMFS.test(file));
}

/** Warnings about names that change where nothing can be written. */
export function nameWarnings(layout: Layout, names: Names): string[] {
  return changesByFile(layout, names).flatMap(([file, changes]) =>
    UNIFIED.test(file)
      ? Object.keys(changes).map((name) => {
          const image = file.replace(UNIFIED, "");
          return msg`The unified kernel image ${image} has ${name} on its command line, which has another name here: start another entry, and rebuild the image`;
        })
      : [],
  );
}
