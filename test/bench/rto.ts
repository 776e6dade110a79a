/**
 * A whole machine saved and brought back onto a blank disk, from power-on to login, beside ReaR; and its root as raw
 * parts, by partclone. In QEMU, without KVM: ratios tell, not seconds.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { blankDisk } from "../support/blank-disk.ts";
import { differences, fingerprint } from "../support/fingerprint.ts";
import { type DiskDevice, Machine, overlay } from "../support/qemu.ts";
import { bash, run } from "../support/shell.ts";
import { type Cost, median } from "./measure.ts";
import { cpuSecondsOf, type Moment, moments } from "./moments.ts";
import { RTO_DISK_MIB, RTO_SERIAL, rtoGuest } from "./rto-guest.ts";
import { rawParts } from "./rto-raw-parts.ts";
import { type Mark, type Saver, savers } from "./rto-savers.ts";
import { withScratch } from "./scratch.ts";
import { seconds, table, times } from "./table.ts";

export interface RtoBenchOptions {
  readonly rounds: number;
  /** Of files of this machine's /usr in the guest. */
  readonly usrMB: number;
  /** Names of `savers`, and `partclone`; all when empty. */
  readonly savers: readonly string[];
  readonly say: (line: string) => void;
}

const repository = join(import.meta.dirname, "../..");
const MIB = 1 << 20;
const TARGET_MIB = 8192;
const LONG_MS = 7_200_000;
const guest = { firmware: "bios", memoryMiB: 2048, cpus: 2 } as const;

/** What a saver has made. */
interface Saved {
  readonly cost: Omit<Cost, "peakBytes">;
  readonly iso: string;
  /** The machine just before. */
  readonly before: readonly string[];
}

/** One recovery: moments of the rescue, and of the login after it. */
interface Recovery {
  readonly rescue: Readonly<Record<Mark, Moment>>;
  readonly login: Moment;
  readonly differing: number;
}

async function toolsDisc(directory: string): Promise<string> {
  const [tree, iso] = [join(directory, "tools"), join(directory, "tools.iso")];
  await bash(`mkdir ${tree}; cp ${repository}/dist/mondo ${repository}/dist/mondo.cpio.* ${tree}; cd ${tree}
for name in mondoarchive mondorestore mindi; do ln -s mondo $name; done`);
  await run(["xorriso", "-as", "mkisofs", "-quiet", "-iso-level", "3", "-R", "-V", "TOOLS", "-o", iso, tree]);
  return iso;
}

async function targetDisk(directory: string): Promise<string> {
  const file = blankDisk(join(directory, "target.raw"), TARGET_MIB * MIB);
  await run(["sfdisk", "--quiet", file], { input: "label: gpt\nstart=2048\n" });
  await run(["mkfs.ext4", "-q", "-F", "-E", `offset=${MIB}`, "-m", "0", file, `${(TARGET_MIB - 2) * 1024}k`]);
  return file;
}

/** Runs the savers in the running machine, one after the other; costs are of the whole emulated machine. */
async function saveBy(vm: Machine, directory: string, chosen: readonly Saver[], say: RtoBenchOptions["say"]) {
  const all = new Map<Saver, Saved>();
  for (const saver of chosen) {
    await vm.run(saver.prepare);
    const before = await fingerprint(vm);
    const [began, cpuBefore] = [performance.now(), cpuSecondsOf(vm.pid)];
    const script = `set -eo pipefail\nsync; echo 3 >/proc/sys/vm/drop_caches; cd /\n${saver.script}\nsync`;
    await vm.run(script, LONG_MS);
    const cost = { wallSeconds: (performance.now() - began) / 1000, cpuSeconds: cpuSecondsOf(vm.pid) - cpuBefore };
    all.set(saver, { cost, before, iso: join(directory, `${saver.name}.iso`) });
    say(`${saver.name}: saved in ${seconds(cost.wallSeconds)}`);
  }
  return all;
}

/** Boots the machine once, looks at it, and has every saver save it. */
async function saveAll(
  source: string,
  directory: string,
  chosen: readonly Saver[],
  say: RtoBenchOptions["say"],
): Promise<ReadonlyMap<Saver, Saved>> {
  const tools = await toolsDisc(directory);
  const target = await targetDisk(directory);
  const disk = await overlay(source, join(directory, "source.qcow2"));
  const disks: readonly DiskDevice[] = [
    { file: disk, format: "qcow2", bus: "virtio", serial: RTO_SERIAL, bootIndex: 0 },
    { file: target, format: "raw", bus: "virtio", serial: "MONDO-TARGET" },
  ];
  const vm = await Machine.start({ ...guest, directory: join(directory, "save"), disks, cdrom: { file: tools } });
  try {
    await vm.booted(1_800_000);
    await vm.run(`mkdir -p /target /run/tools; mount -t iso9660 -o ro /dev/sr0 /run/tools
mount /dev/disk/by-id/virtio-MONDO-TARGET-part1 /target`);
    const saved = await saveBy(vm, directory, chosen, say);
    await vm.run("umount /target");
    await vm.powerOff();
    await bash(`mkdir ${directory}/t; mount -o loop,ro,offset=${MIB} ${target} ${directory}/t
trap 'umount ${directory}/t' EXIT; cp --sparse=always ${directory}/t/*.iso ${directory}; rm -f ${directory}/tools.iso`);
    return saved;
  } finally {
    await vm.kill();
  }
}

/** Starts a rescue ISO on a machine with a blank disk, and then what it has restored. */
async function recover(saver: Saver, iso: string, before: readonly string[], directory: string): Promise<Recovery> {
  mkdirSync(directory);
  const file = blankDisk(join(directory, "disk.raw"), RTO_DISK_MIB * MIB);
  const disk = { file, format: "raw", bus: "virtio", serial: RTO_SERIAL } as const;
  const began = performance.now();
  const cdrom = { file: iso, bootIndex: 0 };
  const vm = await Machine.start({ ...guest, directory: join(directory, "rescue"), disks: [disk], cdrom });
  let rescue: Recovery["rescue"];
  try {
    rescue = await moments(vm, began, saver.marks, LONG_MS);
    await vm.ended(600_000);
  } finally {
    await vm.kill();
  }
  const disks = [{ ...disk, bootIndex: 0 }];
  const result = await Machine.start({ ...guest, directory: join(directory, "result"), disks });
  try {
    const { login } = await moments(result, began, { login: /login:/ }, 1_800_000);
    await result.booted(1_800_000);
    const differing = differences(before, await fingerprint(result)).length;
    await result.powerOff();
    const cpuSeconds = login.cpuSeconds + rescue.end.cpuSeconds;
    return { rescue, login: { ...login, cpuSeconds }, differing };
  } finally {
    await result.kill();
  }
}

const HEAD = [
  ...["", "backup", "its CPU", "to the first write", "files back", "compared", "loader to login"],
  ...["power-on to login", "ratio", "CPU", "ratio", "lines that differ"],
];

function rowOf(saver: Saver, cost: Saved["cost"], all: readonly Recovery[], ours: readonly Recovery[]): string[] {
  const of = (pick: (one: Recovery) => number) => median(all.map(pick));
  const ratio = (pick: (one: Recovery) => number) =>
    median(all.flatMap((one, i) => (ours[i] ? [pick(one) / pick(ours[i])] : [])));
  const [total, cpu] = [(one: Recovery) => one.login.seconds, (one: Recovery) => one.login.cpuSeconds];
  const proof = ({ rescue }: Recovery) => rescue.loader.seconds - rescue.unpacked.seconds;
  return [
    saver.says,
    seconds(cost.wallSeconds),
    seconds(cost.cpuSeconds),
    seconds(of(({ rescue }) => rescue.write.seconds)),
    seconds(of(({ rescue }) => rescue.unpacked.seconds - rescue.write.seconds)),
    saver.compares ? seconds(of(proof)) : "–",
    seconds(of(({ rescue, login }) => login.seconds - rescue.loader.seconds)),
    ...[seconds(of(total)), times(ratio(total)), seconds(of(cpu)), times(ratio(cpu))],
    of(({ differing }) => differing).toFixed(0),
  ];
}

async function recoverAll(
  bySaver: ReadonlyMap<Saver, Saved>,
  directory: string,
  { rounds, say }: RtoBenchOptions,
): Promise<string> {
  const recoveries = new Map<Saver, Recovery[]>([...bySaver.keys()].map((saver) => [saver, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [saver, { iso, before }] of bySaver) {
      const one = await recover(saver, iso, before, join(directory, `${saver.name}-${round}`));
      recoveries.get(saver)?.push(one);
      say(`${saver.name}: power-on to login ${seconds(one.login.seconds)}, ${one.differing} lines differ`);
    }
  }
  const [ours = []] = recoveries.values();
  const body = [...recoveries].map(([saver, all]) => {
    const saved = bySaver.get(saver);
    return saved ? rowOf(saver, saved.cost, all, ours) : [];
  });
  return table(HEAD, body);
}

/** Runs the benchmark and returns its Markdown. Ratios are to the first row. */
export async function benchRto(options: RtoBenchOptions): Promise<string> {
  const { usrMB, say } = options;
  const isChosen = (name: string) => options.savers.length === 0 || options.savers.includes(name);
  const chosen = savers.filter(({ name }) => isChosen(name));
  const source = await rtoGuest(join(repository, "out/bench-cache"), usrMB);
  say("the guest is made");
  return await withScratch(async (directory) => {
    const parts: string[] = [
      `A Debian 12 guest with ${usrMB} MB of files more, BIOS, one ext4, onto a blank disk of its size; QEMU without KVM.`,
    ];
    if (chosen.length > 0) {
      parts.push(await recoverAll(await saveAll(source, directory, chosen, say), directory, options));
    }
    if (isChosen("partclone")) parts.push(await rawParts(source, join(directory, "parts"), say));
    return parts.join("\n\n");
  });
}
