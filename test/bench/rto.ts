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
import { type RtoTarget, withDiscs, withShare } from "./rto-targets.ts";
import { withScratch } from "./scratch.ts";
import { megabytes, seconds, table, times } from "./table.ts";

export interface RtoBenchOptions {
  readonly rounds: number;
  /** Of files of this machine's /usr in the guest. */
  readonly usrMB: number;
  /** Names of `savers`, and `partclone`; all when empty. */
  readonly savers: readonly string[];
  /** Of `targets`; all when empty. */
  readonly targets: readonly string[];
  readonly say: (line: string) => void;
}

const repository = join(import.meta.dirname, "../..");
const MIB = 1 << 20;
const LONG_MS = 7_200_000;
const guest = { firmware: "bios", memoryMiB: 2048, cpus: 2 } as const;

/** What a saver has made. */
interface Saved {
  readonly cost: Omit<Cost, "peakBytes">;
  /** That went over the wire. */
  readonly bytes: number;
  /** The machine just before. */
  readonly before: readonly string[];
}

/** One recovery: moments of the rescue, and of the login after it. */
interface Recovery {
  readonly rescue: Readonly<Record<Mark, Moment>>;
  readonly login: Moment;
  readonly bytes: number;
  readonly differing: number;
}

async function toolsDisc(directory: string): Promise<string> {
  const [tree, iso] = [join(directory, "tools"), join(directory, "tools.iso")];
  await bash(`mkdir ${tree}; cp ${repository}/dist/mondo ${repository}/dist/mondo.cpio.* ${tree}; cd ${tree}
for name in mondoarchive mondorestore mindi; do ln -s mondo $name; done`);
  await run(["xorriso", "-as", "mkisofs", "-quiet", "-iso-level", "3", "-R", "-V", "TOOLS", "-o", iso, tree]);
  return iso;
}

/** Runs the savers in the running machine, one after the other; costs are of the whole emulated machine. */
async function saveBy(vm: Machine, target: RtoTarget, chosen: readonly Saver[], say: RtoBenchOptions["say"]) {
  const all = new Map<Saver, Saved>();
  for (const saver of chosen) {
    const { prepare, script } = saver[target.kind];
    await vm.run(prepare);
    const before = await fingerprint(vm);
    const [began, cpuBefore, sent] = [performance.now(), cpuSecondsOf(vm.pid), await target.bytes()];
    await vm.run(`set -eo pipefail\nsync; echo 3 >/proc/sys/vm/drop_caches; cd /\n${script}\nsync`, LONG_MS);
    const cost = { wallSeconds: (performance.now() - began) / 1000, cpuSeconds: cpuSecondsOf(vm.pid) - cpuBefore };
    all.set(saver, { cost, before, bytes: (await target.bytes()) - sent });
    say(`${saver.name}: saved in ${seconds(cost.wallSeconds)}`);
  }
  return all;
}

/** Boots the machine once, looks at it, and has every saver save it. */
async function saveAll(
  source: string,
  directory: string,
  target: RtoTarget,
  { chosen, say }: { readonly chosen: readonly Saver[]; readonly say: RtoBenchOptions["say"] },
): Promise<ReadonlyMap<Saver, Saved>> {
  const tools = await toolsDisc(directory);
  const disk = await overlay(source, join(directory, "source.qcow2"));
  const disks: readonly DiskDevice[] = [
    { file: disk, format: "qcow2", bus: "virtio", serial: RTO_SERIAL, bootIndex: 0 },
    ...target.disks,
  ];
  const { network } = target;
  const vm = await Machine.start({
    ...{ ...guest, directory: join(directory, "save"), disks, cdrom: { file: tools } },
    ...(network === undefined ? {} : { network }),
  });
  try {
    await vm.booted(1_800_000);
    await vm.run(`mkdir -p /run/tools; mount -t iso9660 -o ro /dev/sr0 /run/tools\n${target.open}`);
    const saved = await saveBy(vm, target, chosen, say);
    await vm.run(target.close);
    await vm.powerOff();
    await target.collect();
    return saved;
  } finally {
    await vm.kill();
  }
}

/** Starts a rescue system on a machine with a blank disk, and then what it has restored. */
async function recover(
  saver: Saver,
  target: RtoTarget,
  before: readonly string[],
  directory: string,
): Promise<Recovery> {
  mkdirSync(directory);
  const start = await target.start(saver);
  const file = blankDisk(join(directory, "disk.raw"), RTO_DISK_MIB * MIB);
  const disk = { file, format: "raw", bus: "virtio", serial: RTO_SERIAL } as const;
  const [began, sent] = [performance.now(), await target.bytes()];
  const vm = await Machine.start({ ...guest, ...start, directory: join(directory, "rescue"), disks: [disk] });
  let rescue: Recovery["rescue"];
  try {
    rescue = await moments(vm, began, saver.marks, LONG_MS);
    await vm.ended(600_000);
  } finally {
    await vm.kill();
  }
  const bytes = (await target.bytes()) - sent;
  const disks = [{ ...disk, bootIndex: 0 }];
  const result = await Machine.start({ ...guest, directory: join(directory, "result"), disks });
  try {
    const { login } = await moments(result, began, { login: /login:/ }, 1_800_000);
    await result.booted(1_800_000);
    const differing = differences(before, await fingerprint(result)).length;
    await result.powerOff();
    const cpuSeconds = login.cpuSeconds + rescue.end.cpuSeconds;
    return { rescue, login: { ...login, cpuSeconds }, bytes, differing };
  } finally {
    await result.kill();
  }
}

const HEAD = [
  ...["", "backup", "its CPU", "to the first write", "files back", "compared", "loader to login"],
  ...["power-on to login", "ratio", "CPU", "ratio", "over the wire", "lines that differ"],
];

function rowOf(saver: Saver, saved: Saved, all: readonly Recovery[], ours: readonly Recovery[]): string[] {
  const { cost } = saved;
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
    saved.bytes === 0 ? "–" : `${megabytes(saved.bytes)}, ${megabytes(of(({ bytes }) => bytes))}`,
    of(({ differing }) => differing).toFixed(0),
  ];
}

async function recoverAll(
  bySaver: ReadonlyMap<Saver, Saved>,
  directory: string,
  target: RtoTarget,
  { rounds, say }: RtoBenchOptions,
): Promise<string> {
  const recoveries = new Map<Saver, Recovery[]>([...bySaver.keys()].map((saver) => [saver, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [saver, { before }] of bySaver) {
      const one = await recover(saver, target, before, join(directory, `${saver.name}-${round}`));
      recoveries.get(saver)?.push(one);
      say(`${saver.name}: power-on to login ${seconds(one.login.seconds)}, ${one.differing} lines differ`);
    }
  }
  const [ours = []] = recoveries.values();
  const body = [...recoveries].map(([saver, all]) => {
    const saved = bySaver.get(saver);
    return saved ? rowOf(saver, saved, all, ours) : [];
  });
  return table(HEAD, body);
}

const targets = {
  iso: { says: "From an ISO, started from it", use: withDiscs },
  nfs: { says: "From an NFS server, started by kernel and initrd", use: withShare },
} as const;

/** Runs the benchmark and returns its Markdown. Ratios are to the first row. */
export async function benchRto(options: RtoBenchOptions): Promise<string> {
  const { usrMB, say } = options;
  const isChosen = (name: string) => options.savers.length === 0 || options.savers.includes(name);
  const chosen = savers.filter(({ name }) => isChosen(name));
  const source = await rtoGuest(join(repository, "out/bench-cache"), usrMB);
  say("the guest is made");
  const parts: string[] = [
    `A Debian 12 guest with ${usrMB} MB of files more, BIOS, one ext4, onto a blank disk of its size; QEMU without KVM.`,
  ];
  for (const [name, { says, use }] of Object.entries(targets)) {
    if (chosen.length === 0 || !(options.targets.length === 0 || options.targets.includes(name))) continue;
    say(says);
    const rows = await withScratch((directory) =>
      use(directory, async (target) =>
        recoverAll(await saveAll(source, directory, target, { chosen, say }), directory, target, options),
      ),
    );
    parts.push(`${says}:`, rows);
  }
  if (isChosen("partclone")) {
    parts.push(await withScratch((directory) => rawParts(source, join(directory, "parts"), say)));
  }
  return parts.join("\n\n");
}
