import { join } from "node:path";
import type { GuestMachine } from "../vm/guest-machine.ts";
import type { ScenarioContext } from "../vm/scenario.ts";
import { fingerprint } from "./fingerprint.ts";
import { SERVER } from "./network-lab.ts";
import type { NfsServer } from "./nfs-server.ts";
import { type DiskDevice, Machine } from "./qemu.ts";
import { run } from "./shell.ts";

/** Starts a source machine with a card in a server's namespace, and a disc with our program. */
export async function startSource(
  { lab, directory }: ScenarioContext,
  { namespace }: NfsServer,
  machine: GuestMachine,
): Promise<Machine> {
  const place = join(directory, "source");
  return await Machine.start({
    ...{ directory: place, firmware: machine.firmware, memoryMiB: 1536, cpus: 2 },
    disks: await lab.sourceDisks(machine, directory),
    ...{ cdrom: { file: await lab.tools() }, network: { card: "virtio-net-pci", namespace } },
  });
}

/** Lines for a machine that give its card an address in QEMU's user network, which is not kept. */
export const takeAddress = `card=$(basename "$(ls -d /sys/class/net/e* | head -1)")
ip link set "$card" up
ip address add 10.0.2.15/24 dev "$card"
ip route add default via ${SERVER}`;

/** Gives the machine an address, which is not kept, and our program in /run/tools; its fingerprint. */
export async function connected(vm: Machine, prepare = ""): Promise<string[]> {
  await vm.booted();
  await vm.run(`set -e
mkdir -p /run/tools
mount -t iso9660 -o ro /dev/sr0 /run/tools
${takeAddress}
${prepare}`);
  return await fingerprint(vm);
}

/** The same, and backs it up; then it is switched off. */
export async function backUp(vm: Machine, options: string, prepare = ""): Promise<string[]> {
  const before = await connected(vm, prepare);
  const archive = `/run/tools/mondoarchive -O ${options}`;
  await vm.run(`set -eo pipefail; ${archive} 2>&1 | tee /dev/ttyS0; ! grep -q mondo-share /proc/mounts`, 1_800_000);
  await vm.powerOff();
  return before;
}

/** Programs of this machine with their libraries, as a tar that a machine in the namespace reads from port 8000. */
export async function offerPrograms({ directory }: ScenarioContext, server: NfsServer, programs: readonly string[]) {
  const tar = join(directory, "programs.tar");
  const libraries = `ldd ${programs.join(" ")} | sed -n 's|.*=> \\(/[^ ]*\\).*|\\1|p' | sort -u`;
  await run(["bash", "-ec", `tar -chf ${tar} ${programs.join(" ")} $(${libraries}) 2>/dev/null`]);
  const serve = `const bytes = await Bun.file("${tar}").bytes(); const at = new WeakMap();
const send = (socket) => { at.set(socket, at.get(socket) + socket.write(bytes.subarray(at.get(socket)))); if (at.get(socket) === bytes.length) socket.end(); };
Bun.listen({ hostname: "127.0.0.1", port: 8000, socket: { open(socket) { at.set(socket, 0); send(socket); }, drain: send, data() {} } });`;
  return server.startInside([process.execPath, "-e", serve], join(directory, "programs.log"));
}

/** Lines for a machine that fetch them. */
export const takePrograms = `exec 3<>/dev/tcp/${SERVER}/8000
tar -x --skip-old-files -C / <&3
ldconfig`;

/** A stick with the label KEYS, and a file with this name on it. */
export async function keyStick(directory: string, file: string, name: string): Promise<DiskDevice> {
  const stick = join(directory, "stick.raw");
  await run(["truncate", "-s", "64M", stick]);
  await run(["mkfs.vfat", "-n", "KEYS", stick]);
  await run(["mcopy", "-i", stick, file, `::/${name}`]);
  return { file: stick, format: "raw", bus: "usb", serial: "KEYSTICK" };
}
