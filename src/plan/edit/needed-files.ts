import { msg } from "../../base/message.ts";
import { type Layout, nodesOf } from "../../layout/types.ts";
import { newRootModules } from "./edited-actions.ts";
import type { Flaw } from "./flaw.ts";

/** What a system must hold for something that an edit brings: one of some files. */
export interface NeededFiles {
  /** Any of them will do; the first is named. */
  readonly paths: readonly string[];
  readonly flaw: Flaw;
}

/** What a kind of layer takes in a running system, and in its initial RAM disk. */
interface LayerNeeds {
  readonly what: string;
  readonly package: string;
  readonly program: string;
  /** Of initramfs-tools, dracut, mkinitcpio. */
  readonly hooks: Readonly<Record<string, readonly string[]>>;
}

const dracut = (...names: readonly string[]) =>
  names.map((name) => `/usr/lib/dracut/modules.d/${name}/module-setup.sh`);

const LAYERS: Readonly<Record<"raid" | "volume-group" | "luks", LayerNeeds>> = {
  raid: {
    what: "arrays",
    package: "mdadm",
    program: "mdadm",
    hooks: {
      "update-initramfs": ["/usr/share/initramfs-tools/hooks/mdadm"],
      dracut: dracut("90mdraid", "70mdraid"),
      mkinitcpio: ["/usr/lib/initcpio/install/mdadm_udev"],
    },
  },
  "volume-group": {
    what: msg`logical volumes`,
    package: "lvm2",
    program: "lvm",
    hooks: {
      "update-initramfs": ["/usr/share/initramfs-tools/hooks/lvm2"],
      dracut: dracut("90lvm", "70lvm"),
      mkinitcpio: ["/usr/lib/initcpio/install/lvm2"],
    },
  },
  luks: {
    what: msg`encrypted volumes`,
    package: msg`cryptsetup (Debian: cryptsetup-initramfs)`,
    program: "cryptsetup",
    hooks: {
      "update-initramfs": ["/usr/share/initramfs-tools/hooks/cryptroot"],
      dracut: dracut("90crypt", "70crypt"),
      mkinitcpio: ["/usr/lib/initcpio/install/encrypt"],
    },
  },
};

const TOOLS: Readonly<Record<string, readonly [program: string, name: string]>> = {
  xfs: ["xfs_repair", "xfsprogs"],
  btrfs: ["btrfs", "btrfs-progs"],
  f2fs: ["fsck.f2fs", "f2fs-tools"],
  exfat: ["fsck.exfat", "exfatprogs"],
  vfat: ["fsck.fat", "dosfstools"],
  ext4: ["e2fsck", "e2fsprogs"],
};

const programPaths = (name: string) => ["/usr/sbin", "/sbin", "/usr/bin", "/bin"].map((at) => `${at}/${name}`);
const again = (name: string) => msg`Install ${name} on the machine and back it up again, or leave the edit out.`;

function layerNeeds(before: Layout, after: Layout): NeededFiles[] {
  const rebuild = nodesOf(after, "hardware")[0]?.rebuild?.[0] ?? "";
  return (["raid", "volume-group", "luks"] as const).flatMap((kind): NeededFiles[] => {
    const isNew = nodesOf(before, kind).length === 0 && nodesOf(after, kind).length > 0;
    if (!isNew) return [];
    const { what, package: from, program, hooks } = LAYERS[kind];
    const flaw = (lack: string): Flaw => {
      return {
        about: what,
        what: msg`${what}: the saved system has no ${lack}, without which it would not start from them`,
        todo: again(from),
        weight: "stops",
      };
    };
    const hook = hooks[rebuild];
    return [
      { paths: programPaths(program), flaw: flaw(program) },
      ...(hook ? [{ paths: hook, flaw: flaw(msg`${program} for its initial RAM disk`) }] : []),
    ];
  });
}

/** Where a kernel has a module, however it is compressed. */
function modulePaths(kernel: string, name: string): string[] {
  const family = /^ext[234]$/.test(name) ? "ext4" : name;
  const directory = family === "vfat" ? "fat" : family;
  return ["/usr/lib/modules", "/lib/modules"].flatMap((top) =>
    ["", ".xz", ".zst", ".gz"].map((packed) => `${top}/${kernel}/kernel/fs/${directory}/${family}.ko${packed}`),
  );
}

function typeNeeds(before: Layout, after: Layout): NeededFiles[] {
  const kernel = nodesOf(after, "hardware")[0]?.kernel;
  const family = (type: string) => (/^ext[234]$/.test(type) ? "ext4" : type);
  const had = new Set(nodesOf(before, "filesystem").map(({ type }) => family(type)));
  const fresh = [...new Set(nodesOf(after, "filesystem").map(({ type }) => family(type)))].filter(
    (type) => !had.has(type),
  );
  return fresh.flatMap((type): NeededFiles[] => {
    const [program, from] = TOOLS[type] ?? ["", type];
    const doubt = (what: string, todo: string): Flaw => ({
      about: type,
      what: `${type}: ${what}`,
      todo,
      weight: "doubt",
    });
    const built = msg`Make sure that it is built into the kernel: nothing of ${type} can be mounted otherwise.`;
    return [
      ...(program === ""
        ? []
        : [
            {
              paths: programPaths(program),
              flaw: doubt(
                msg`the saved system has no ${program}: it can't check or repair ${type}`,
                msg`Install ${from} there once it is restored.`,
              ),
            },
          ]),
      ...(kernel === undefined
        ? []
        : [
            {
              paths: modulePaths(kernel, type),
              flaw: doubt(msg`the saved system has no module of its kernel ${kernel} for it`, built),
            },
          ]),
    ];
  });
}

/** Initial RAM disks that only a person can change. */
function initramfsFlaws(before: Layout, after: Layout): Flaw[] {
  const modules = newRootModules(before, after);
  const rebuild = nodesOf(after, "hardware")[0]?.rebuild?.[0];
  if (modules.length === 0) return [];
  const about = msg`initial RAM disk`;
  if (rebuild === undefined) {
    const what = msg`${about}: no tool is known that makes it again, and the root needs ${modules.join(", ")} now`;
    return [
      {
        about,
        what,
        todo: msg`Leave the root as it is, or make it again by hand once all is restored.`,
        weight: "doubt",
      },
    ];
  }
  const layers = modules.filter((name) => name.startsWith("dm_") || name.startsWith("raid"));
  if (rebuild !== "mkinitcpio" || layers.length === 0) return [];
  const what = msg`${about}: mkinitcpio must be told in HOOKS of /etc/mkinitcpio.conf of what lies below the root`;
  return [
    {
      about,
      what,
      todo: msg`Add mdadm_udev, lvm2 or encrypt there and back the machine up again, or leave the root plain.`,
      weight: "doubt",
    },
  ];
}

/** The files of the saved system that tell whether it can live with the edits. */
export const neededFiles = (before: Layout, after: Layout): NeededFiles[] => [
  ...layerNeeds(before, after),
  ...typeNeeds(before, after),
];

/** What the saved system lacks for the edits; `has` tells whether it has a file. Pure. */
export const lackingFlaws = (before: Layout, after: Layout, has: (path: string) => boolean): Flaw[] => [
  ...neededFiles(before, after).flatMap(({ paths, flaw }) => (paths.some(has) ? [] : [flaw])),
  ...initramfsFlaws(before, after),
];
