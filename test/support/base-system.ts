import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { registerArm64 } from "./foreign-programs.ts";
import { bash, run } from "./shell.ts";

export type Architecture = "amd64" | "arm64";

/** What a guest's system is made of. */
export interface GuestSystem {
  readonly suite: "bullseye" | "bookworm" | "trixie";
  readonly architecture: Architecture;
  /** What makes its initramfs; initramfs-tools when absent. */
  readonly initramfs?: "dracut";
  /** Packages besides those of every guest, and those of them that it does without. */
  readonly more?: readonly string[];
  readonly without?: readonly string[];
  /** Of what guests live without, by the names in `removed`: what this one does not. */
  readonly keeps?: readonly string[];
  /** Bash lines that are run in its root when everything is installed. */
  readonly customise?: string;
}

/** Debian 12 on a PC, which most guests are. */
export const usualSystem: GuestSystem = { suite: "bookworm", architecture: "amd64" };

/** The processor of a guest. */
export const architectureOf = ({ system }: { readonly system?: GuestSystem }): Architecture =>
  system?.architecture ?? usualSystem.architecture;

/** Debian packages of every guest, besides the essential ones. */
const packages = [
  "linux-image-amd64",
  "systemd-sysv",
  "udev",
  "kmod",
  "initramfs-tools",
  "grub2-common",
  "grub-pc-bin",
  "grub-efi-amd64-bin",
  "grub-efi-amd64-signed",
  "shim-signed",
  "efibootmgr",
  "systemd-boot",
  "extlinux",
  "e2fsprogs",
  "xfsprogs",
  "btrfs-progs",
  "mdadm",
  "lvm2",
  "thin-provisioning-tools",
  "cryptsetup-initramfs",
  "dosfstools",
  "fdisk",
  "parted",
  "mtools",
  "xorriso",
  "isolinux",
  "syslinux-common",
  "zstd",
  "attr",
  "acl",
  "libcap2-bin",
  "iproute2",
  "procps",
  "login",
];

/** Never unpacked: what no test looks at. Fewer bytes make every emulated minute shorter. */
const excluded = [
  "/usr/share/doc/*",
  "/usr/share/man/*",
  "/usr/share/locale/*",
  "/usr/share/info/*",
  "/usr/lib/grub/x86_64-efi/monolithic/*",
  "/lib/modules/*/kernel/sound/*",
  "/lib/modules/*/kernel/net/{bluetooth,mac80211,wireless,netfilter,openvswitch,sctp,tipc,batman-adv,ceph,can,rxrpc}/*",
  "/lib/modules/*/kernel/fs/{ocfs2,gfs2,dlm,ceph,afs,jfs,reiserfs,coda,ubifs,jffs2,nilfs2,orangefs}/*",
  "/lib/modules/*/kernel/drivers/{gpu,media,iio,staging,infiniband,comedi,isdn,hwmon,mtd,target,misc,watchdog}/*",
  "/lib/modules/*/kernel/drivers/{platform,video,mmc,bluetooth,leds,power,thermal,w1,gnss,uio,vfio,android}/*",
  "/lib/modules/*/kernel/drivers/input/{touchscreen,tablet,joystick,misc}/*",
  "/lib/modules/*/kernel/drivers/usb/{gadget,serial,misc,atm,dvb}/*",
  "/lib/modules/*/kernel/drivers/net/{wireless,can,wan,hamradio,arcnet,fddi,ieee802154,wwan,plip,ppp}/*",
  "/lib/modules/*/kernel/drivers/net/ethernet/{mellanox,chelsio,qlogic,cavium,sfc,netronome,marvell,brocade}/*",
  "/lib/modules/*/kernel/drivers/net/ethernet/{sun,huawei,aquantia,atheros,emulex,cisco,pensando,smsc,dec}/*",
  "/lib/modules/*/kernel/drivers/scsi/{lpfc,qla2xxx,qla4xxx,bfa,aic7xxx,aic94xx,mpi3mr,be2iscsi,elx,qedf,qedi}/*",
  "/lib/modules/*/kernel/drivers/scsi/{cxgbi,csiostor,bnx2fc,bnx2i,fnic,snic,isci,smartpqi,arcmsr,pm8001}/*",
];

/** Packages that come by dependency only, and parts of packages that a guest lives without. */
const removed = [
  "usr/lib/python3*",
  "usr/share/python3",
  "usr/share/perl/*",
  "usr/lib/x86_64-linux-gnu/perl",
  "usr/lib/x86_64-linux-gnu/libicu*",
  "usr/lib/grub/x86_64-efi-signed/grubnet*",
  "usr/lib/valgrind",
  "usr/share/zoneinfo/[A-TV-Z]*",
  "var/lib/apt/lists/*",
  "var/cache/apt/*",
  "var/cache/debconf/*-old",
  "var/log/*",
];

/**
 * The guests' initramfs holds these alone: `most` makes it 30 MB, which costs the firmware's loader seconds. LVM
 * activates all groups there and never again: without dm_writecache, which no hook of Debian adds, a volume behind a
 * write cache stays away.
 */
const initramfsModules = [
  ...["virtio_pci", "virtio_blk", "virtio_scsi", "sd_mod", "sr_mod", "nvme", "ahci"],
  ...["ext4", "xfs", "btrfs", "vfat", "nls_ascii", "nls_cp437"],
  ...["dm_mod", "dm_raid", "dm_thin_pool", "dm_snapshot", "dm_writecache"],
  ...["dm_crypt", "xts", "algif_skcipher"],
];

const units = [
  "apt-daily.timer",
  "apt-daily-upgrade.timer",
  "e2scrub_all.timer",
  "e2scrub_reap.service",
  "fstrim.timer",
  "dpkg-db-backup.timer",
  "systemd-tmpfiles-clean.timer",
  "xfs_scrub_all.timer",
  "systemd-networkd.service",
  "systemd-networkd-wait-online.service",
];

/** Without those of other disks than virtio's. */
const dracutDrivers = [...initramfsModules.filter((name) => !/scsi|sd_mod|sr_mod|nvme|ahci/.test(name)), "raid1"];

/** How an initramfs is told what to hold, and made. */
const initramfsMakers = {
  "initramfs-tools": {
    configure: `mkdir -p etc/initramfs-tools/conf.d
sed -i 's/^MODULES=.*/MODULES=list/' etc/initramfs-tools/initramfs.conf
printf '%s\\n' ${initramfsModules.join(" ")} >> etc/initramfs-tools/modules
printf 'CRYPTSETUP=y\\n' >> etc/cryptsetup-initramfs/conf-hook`,
    make: 'chroot . update-initramfs -c -k "$(basename "$modules")"',
  },
  dracut: {
    configure: `printf 'hostonly="yes"\\n' > etc/dracut.conf.d/20-hostonly.conf`,
    make: `version=$(basename "$modules")
  chroot . dracut -q --force --no-hostonly --drivers "${dracutDrivers.join(" ")}" "/boot/initrd.img-$version" "$version"`,
  },
} as const;

const customise = String.raw`
root=$1
cd "$root"
rm -rf REMOVED
INITRAMFS
for unit in ${units.join(" ")}; do ln -sf /dev/null etc/systemd/system/$unit; done
for modules in lib/modules/*; do
  chroot . depmod "$(basename "$modules")"
  rm -f boot/initrd.img-*
  MAKE
done
mkdir -p etc/systemd/journald.conf.d
printf '[Journal]\nStorage=volatile\n' > etc/systemd/journald.conf.d/vm.conf
printf 'root:mondo\n' | chroot . chpasswd
rm -f var/log/* || true
`;

/** Makes a shell's `{a,b}` lists into one pattern each: dpkg's globs know no braces. */
function expand(pattern: string): string[] {
  const match = /^(.*)\{([^}]*)\}(.*)$/.exec(pattern);
  if (match === null) return [pattern];
  return (match[2] ?? "").split(",").map((word) => `${match[1]}${word}${match[3]}`);
}

/** What another definition has made is kept this long after its last use. */
const KEPT_MS = 3 * 3600 * 1000;

/** Packages of a PC; what stands for them on an aarch64 machine, which knows neither BIOS nor extlinux. */
const onArm: Readonly<Record<string, readonly string[]>> = {
  "linux-image-amd64": ["linux-image-arm64"],
  "grub-pc-bin": [],
  "grub-efi-amd64-bin": ["grub-efi-arm64-bin"],
  "grub-efi-amd64-signed": ["grub-efi-arm64-signed"],
  extlinux: [],
  isolinux: [],
  "syslinux-common": [],
};
/** Packages that a suite has under other names, or as parts of others. */
const inSuite: Readonly<Record<GuestSystem["suite"], Readonly<Record<string, readonly string[]>>>> = {
  bullseye: { "systemd-boot": [] },
  bookworm: {},
  trixie: { "cryptsetup-initramfs": ["cryptsetup-initramfs", "systemd-cryptsetup"] },
};

/** Packages for initramfs-tools, and what stands for them beside dracut. */
const besideDracut: Readonly<Record<string, readonly string[]>> = {
  "initramfs-tools": ["dracut"],
  "cryptsetup-initramfs": ["cryptsetup"],
};

function packagesOf({ suite, architecture, initramfs, more = [], without = [] }: GuestSystem): readonly string[] {
  const here = { ...inSuite[suite], ...(architecture === "arm64" ? onArm : {}) };
  const own = initramfs === "dracut" ? { ...here, ...besideDracut } : here;
  const replaced = packages.flatMap((name) => own[name] ?? [name]);
  return [...replaced.filter((name) => !without.includes(name)), ...more];
}

/** Since Debian 13 modules are packed below /usr/lib. */
const excludedIn = (suite: GuestSystem["suite"]): readonly string[] =>
  excluded.map((path) => (suite === "trixie" ? path.replace(/^\/lib\/modules/, "/usr/lib/modules") : path));

/** The script that is run in every guest's root when everything is installed. */
function customiseOf({ architecture, initramfs, keeps = [], customise: more = "" }: GuestSystem): string {
  const { configure, make } = initramfsMakers[initramfs ?? "initramfs-tools"];
  const without = removed.filter((path) => !keeps.includes(path)).join(" ");
  const script = customise
    .replace("REMOVED", () => without)
    .replace("INITRAMFS", () => configure)
    .replace("MAKE", () => make);
  const usual = architecture === "amd64" ? script : script.replaceAll("x86_64-linux-gnu", "aarch64-linux-gnu");
  return `${usual}${more}`;
}

/** Key of a definition in the cache, and what it is made of. */
function definitionOf(system: GuestSystem): { readonly key: string; readonly included: readonly string[] } {
  const { suite, architecture } = system;
  const included = packagesOf(system);
  const isUsual = suite === "bookworm" && architecture === "amd64";
  const parts = [included, excluded, removed, customiseOf(system), ...(isUsual ? [] : [suite, architecture])];
  return { key: createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 12), included };
}

/**
 * Path of a tar of a bootable Debian root, made by mmdebstrap once per definition and kept in `cache`. That of another
 * architecture needs qemu-user.
 */
export async function baseSystem(cache: string, system: GuestSystem = usualSystem): Promise<string> {
  const { suite, architecture } = system;
  const { key, included } = definitionOf(system);
  const tar = join(cache, `base-${key}.tar`);
  if (existsSync(tar)) {
    utimesSync(tar, new Date(), new Date());
    return tar;
  }
  mkdirSync(cache, { recursive: true });
  // Other work trees may share the cache, with other definitions.
  const olds = readdirSync(cache).filter((old) => /^base-.*[.]tar/.test(old));
  for (const old of olds) if (Date.now() - statSync(join(cache, old)).mtimeMs > KEPT_MS) rmSync(join(cache, old));
  const hook = join(cache, `customise-${key}.sh`);
  writeFileSync(hook, `#!/bin/bash\nset -eu\nshopt -s nullglob\n${customiseOf(system)}`, { mode: 0o755 });
  const archives = join(cache, "packages");
  mkdirSync(archives, { recursive: true });
  const partial = `${tar}.partial.tar`;
  if (architecture === "arm64") await registerArm64();
  await run(
    [
      "mmdebstrap",
      "--mode=root",
      "--variant=minbase",
      `--architectures=${architecture}`,
      `--include=${included.join(",")}`,
      ...excludedIn(suite)
        .flatMap(expand)
        .map((path) => `--dpkgopt=path-exclude=${path}`),
      '--aptopt=Apt::Install-Recommends "false"',
      `--setup-hook=mkdir -p "$1/var/cache/apt/archives"; cp -n ${archives}/*.deb "$1/var/cache/apt/archives/" || true`,
      "--skip=download/empty,essential/unlink",
      `--customize-hook=cp -n "$1"/var/cache/apt/archives/*.deb ${archives}/ || true`,
      `--customize-hook=${hook} "$1"`,
      suite,
      partial,
    ],
    // The kernel's package would make an initramfs with all modules, which the last script replaces.
    { timeoutMs: 3_600_000, env: { INITRD: "No" } },
  );
  rmSync(hook);
  // Not `grep -q`: it leaves at the first match, and tar would then die of a closed pipe.
  await bash(`tar -tf ${partial} ./boot/ | grep initrd.img`);
  renameSync(partial, tar);
  return tar;
}
