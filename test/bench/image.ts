/**
 * The rescue image beside ReaR's and beside the distribution's own initramfs makers: in the same Debian system, in
 * turn.
 */
import { copyFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../support/shell.ts";
import { benchSystem } from "./bench-system.ts";
import { type Cost, measure, medianCost, medianRatio } from "./measure.ts";
import { withScratch } from "./scratch.ts";
import { megabytes, seconds, table, times } from "./table.ts";

export interface ImageBenchOptions {
  readonly rounds: number;
  /** Leaves out what takes minutes. */
  readonly quick: boolean;
  readonly say: (line: string) => void;
}

/** A program that makes an initrd of the system that it runs in. */
interface ImageMaker {
  readonly name: string;
  /** Run before, not measured. */
  readonly prepare?: string;
  readonly script: string;
  /** What it has made. */
  readonly output: string;
  /** Too slow to be run more than once. */
  readonly once?: boolean;
}

const repository = join(import.meta.dirname, "../..");

/**
 * ReaR describes disks by opening them, which a container may not do: it is shown none, so its work on the layout is
 * not counted. It leaves kernel and initrd as files, as `mondo image` does, and no ISO.
 */
const rearConfiguration = (kernel: string) => `OUTPUT=RAMDISK
OUTPUT_URL=file:///srv/rear
BACKUP=REQUESTRESTORE
BOOTLOADER=GRUB
USE_SERIAL_CONSOLE=no
KERNEL_FILE=/boot/vmlinuz-${kernel}
KERNEL_VERSION=${kernel}
`;

const makers = (kernel: string): readonly ImageMaker[] => [
  {
    name: "mondo image, nothing cached",
    prepare: "rm -rf /var/cache/mondo",
    script: `/opt/mondo/mondo image -d /srv/mondo -k /boot/vmlinuz-${kernel}`,
    output: "srv/mondo/initrd.img",
  },
  {
    name: "mondo image, again",
    script: `/opt/mondo/mondo image -d /srv/mondo -k /boot/vmlinuz-${kernel}`,
    output: "srv/mondo/initrd.img",
  },
  {
    name: "rear mkrescue",
    prepare: "rm -rf /srv/rear/* /var/lib/rear/output/*; sed -i /COMPRESSION/d /etc/rear/local.conf",
    script: "mount -t tmpfs none /sys/block; rear mkrescue",
    output: "srv/rear/*/initramfs*",
  },
  {
    name: "rear mkrescue, lzma",
    prepare: "rm -rf /srv/rear/* /var/lib/rear/output/*; echo REAR_INITRD_COMPRESSION=lzma >> /etc/rear/local.conf",
    script: "mount -t tmpfs none /sys/block; rear mkrescue",
    output: "srv/rear/*/initramfs*",
    once: true,
  },
  {
    name: "mkinitramfs",
    script: `mkinitramfs -o /srv/mkinitramfs.img ${kernel}`,
    output: "srv/mkinitramfs.img",
  },
  {
    name: "dracut --no-hostonly",
    script: `dracut --quiet --force --no-hostonly /srv/dracut.img ${kernel}`,
    output: "srv/dracut.img",
  },
];

/** Runs a script inside the system, in mount namespaces of its own: nothing stays mounted. */
const inside = (root: string, script: string): string => `exec unshare --mount --uts --propagation private bash -ec '
hostname bench
mount --bind "${root}" "${root}"
mount -t proc proc "${root}/proc"
mount --rbind /sys "${root}/sys"
mount -t tmpfs -o mode=755 dev "${root}/dev"
cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty "${root}/dev/"
ln -s /proc/self/fd "${root}/dev/fd"
mkdir "${root}/dev/shm" "${root}/dev/pts"
mount -t tmpfs tmpfs "${root}/run"
exec chroot "${root}" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LC_ALL=C bash -ec "${script}"'`;

/** Unpacks the system and puts this build of mondo and ReaR's configuration into it. Returns its kernel's version. */
async function install(root: string, tar: string): Promise<string> {
  await run(["tar", "-C", root, "--xattrs", "--xattrs-include=*", "--numeric-owner", "-xpf", tar]);
  const kernel = readdirSync(join(root, "boot"))
    .find((name) => name.startsWith("vmlinuz-"))
    ?.slice(8);
  if (!kernel) throw new Error(`${tar} has no kernel`);
  for (const name of ["opt/mondo", "srv/mondo", "srv/rear"]) mkdirSync(join(root, name), { recursive: true });
  for (const name of ["mondo", "mondo.cpio.zst", "mondo.cpio.zst.sha256"]) {
    copyFileSync(join(repository, "dist", name), join(root, "opt/mondo", name));
  }
  writeFileSync(join(root, "etc/rear/local.conf"), rearConfiguration(kernel));
  return kernel;
}

function sizeOf(root: string, pattern: string): number {
  const [found] = new Bun.Glob(pattern).scanSync({ cwd: root, dot: true });
  if (found === undefined) throw new Error(`there is no ${pattern}`);
  return statSync(join(root, found)).size;
}

interface Outcome {
  readonly costs: Cost[];
  sizeBytes: number;
}

function rows(outcomes: ReadonlyMap<ImageMaker, Outcome>): string[][] {
  const [ours] = outcomes.values();
  if (!ours) return [];
  return [...outcomes].map(([{ name }, { costs, sizeBytes }]) => {
    const { wallSeconds, peakBytes } = medianCost(costs);
    return [
      name,
      seconds(wallSeconds),
      times(medianRatio(costs, ours.costs, "wallSeconds")),
      times(medianRatio(costs, ours.costs, "cpuSeconds")),
      megabytes(peakBytes),
      megabytes(sizeBytes),
      times(sizeBytes / ours.sizeBytes),
    ];
  });
}

/**
 * Runs the benchmark and returns its Markdown. Ratios are to `mondo image` with nothing cached: above 1 is more than
 * ours.
 */
export async function benchImage({ rounds, quick, say }: ImageBenchOptions): Promise<string> {
  const tar = await benchSystem(join(repository, "out/bench-cache"));
  return await withScratch(async (root) => {
    const kernel = await install(root, tar);
    const chosen = makers(kernel).filter(({ once }) => !(quick && once === true));
    const outcomes = new Map<ImageMaker, Outcome>(chosen.map((one) => [one, { costs: [], sizeBytes: 0 }]));
    for (let round = 0; round < rounds; round++) {
      for (const [maker, outcome] of outcomes) {
        if (maker.once === true && round > 0) continue;
        if (maker.prepare) await measure(inside(root, maker.prepare));
        await run(["sync"]);
        const cost = await measure(inside(root, maker.script));
        outcome.costs.push(cost);
        outcome.sizeBytes = sizeOf(root, maker.output);
        say(`${maker.name}: ${seconds(cost.wallSeconds)}, ${megabytes(outcome.sizeBytes)}`);
      }
    }
    const title = `In a chroot of Debian 12 with Linux ${kernel} and no firmware packages; files in the page cache.`;
    const head = ["", "time", "ratio", "CPU", "peak memory", "initrd", "ratio"];
    return `${title}\n\n${table(head, rows(outcomes))}`;
  });
}
