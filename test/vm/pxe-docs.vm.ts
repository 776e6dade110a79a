import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { executable } from "../support/mondo.ts";
import { NfsServer } from "../support/nfs-server.ts";
import { typeLabel, whileServing, withForeignDhcp } from "../support/pxe-lab.ts";
import { Machine, type MachineOptions } from "../support/qemu.ts";
import { bootsAsBefore, emptyDisk, restored } from "../support/rescue.ts";
import { run } from "../support/shell.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

/** The shell lines below "Start over the network" in docs/pxe.md, as they stand there. */
function documentedLines(repository: string): readonly string[] {
  const text = readFileSync(join(repository, "docs/pxe.md"), "utf8");
  const block = /\n## Start over the network\n[\s\S]*?```sh\n([\s\S]*?)```/.exec(text)?.[1] ?? "";
  const lines = block.split("\n").filter((line) => line !== "");
  if (lines.length < 4 || lines.length > 10) throw new Error(`docs/pxe.md shows ${lines.length} lines for PXE`);
  return lines;
}

/** bash(1) with a line, `mondo` being the executable under test and /srv a directory of this test. */
const inOwnSrv = (srv: string, line: string): readonly string[] => [
  ...["env", `PATH=${dirname(executable)}:${process.env.PATH}`, "unshare", "--mount", "--propagation", "private"],
  ...["bash", "-c", `mount --bind "$0" /srv && exec ${line}`, srv],
];

/** A machine that starts from its card, and is told what to do at pxelinux's prompt. */
async function startOver(
  server: NfsServer,
  options: Partial<MachineOptions> & { readonly directory: string },
  label: string,
  work: (vm: Machine) => Promise<void>,
): Promise<void> {
  const network = { card: "virtio-net-pci", namespace: server.namespace, tap: "tap0", start: "tap" } as const;
  const vm = await Machine.start({ firmware: "bios", disks: [], network, cpus: 2, memoryMiB: 1536, ...options });
  try {
    await typeLabel(vm, label);
    await vm.expect(/Backup of .* on 10\.0\.0\.2:\/srv\/backup\/web1-1\.iso/, 300_000);
    await work(vm);
  } finally {
    await vm.kill();
  }
}

/**
 * The network of docs/pxe.md, and its lines in their order: each that serves starts a machine; the last one's is
 * restored and boots.
 */
async function asWritten({ lab, directory, say }: ScenarioContext): Promise<void> {
  const backup = await lab.backup("bios-gpt-ext4");
  const srv = join(directory, "srv");
  mkdirSync(join(srv, "backup"), { recursive: true });
  copyFileSync(backup.iso, join(srv, "backup/web1-1.iso"));
  const share = { directory: join(directory, "nfs"), exported: join(srv, "backup"), name: "/srv/backup" };
  const server = await NfsServer.start({ ...share, version: 4 });
  const disk = emptyDisk(backup, directory);
  const runs = {
    /** Packages, the tree: at once. */
    now: (line: string) => run(line.startsWith("mondo") ? inOwnSrv(srv, line) : ["bash", "-c", line]),
    /** Beside a DHCP server that knows nothing of it. */
    beside: (line: string, log: string) =>
      withForeignDhcp(
        server,
        join(directory, "dhcp.log"),
        () =>
          whileServing(server.startInside(inOwnSrv(srv, line), log), () =>
            startOver(server, { directory: join(directory, "beside") }, "restore_mondo", async () => {}),
          ),
        { bridge: "eth0", address: "10.0.0.3", range: "10.0.0.50,10.0.0.60" },
      ),
    /** As the network's only DHCP server. */
    only: (line: string, log: string) =>
      whileServing(server.startInside(inOwnSrv(srv, line), log), () =>
        startOver(server, { directory: join(directory, "only"), disks: [disk] }, "nuke_mondo", restored),
      ),
  };
  try {
    await server.addBridge("eth0", "10.0.0.2", ["tap0"]);
    for (const [index, line] of documentedLines(lab.options.repository).entries()) {
      const log = join(directory, `line-${index + 1}.log`);
      if (!line.includes("--serve")) await runs.now(line);
      else await (line.includes("--range") ? runs.only(line, log) : runs.beside(line, log));
      say(`did: ${line.replace(/\s+#.*/, "")}`);
    }
  } finally {
    await server.stop();
  }
  await bootsAsBefore(backup, [disk], { directory: join(directory, "result") });
}

export const scenarios: readonly Scenario[] = [
  {
    name: "pxe-docs",
    says: "the lines of docs/pxe.md for a start over the network, run as written, restore a machine that boots",
    ci: false,
    run: asWritten,
  },
];
