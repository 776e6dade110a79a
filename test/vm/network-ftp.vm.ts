import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FTP_USER } from "../support/ftp-server.ts";
import { edit, INSIDE, SERVER, withServer } from "../support/network-lab.ts";
import type { Machine } from "../support/qemu.ts";
import { bootsAsBefore, emptyDisk, restored } from "../support/rescue.ts";
import { inRescue, MENU } from "./rescue.vm.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const program = fileURLToPath(new URL("../support/ftp-server.ts", import.meta.url));

async function types(vm: Machine, password: string): Promise<void> {
  await vm.expect(/Password of joe on ftp:\/\/joe@10\.0\.2\.2\/sets[^\n]*: ?/, 180_000);
  vm.serial.send(`${password}\r`);
}

/** From an FTP server, after a wrong password; it is killed and started again in mid-restore. */
async function restoredByFtp(context: ScenarioContext): Promise<void> {
  const { lab, directory, say } = context;
  const backup = await lab.backup("bios-gpt-ext4");
  const disk = emptyDisk(backup, directory);
  const [base, root] = [join(directory, "ftp"), join(directory, "export")];
  for (const made of [base, join(root, "sets")]) mkdirSync(made, { recursive: true });
  await withServer(context, 4, { "sets/m1-1.iso": backup.iso }, async (server) => {
    // Only root may read what a backup makes.
    chmodSync(join(root, "sets/m1-1.iso"), 0o644);
    const serve = () =>
      server.startInside([...INSIDE, process.execPath, program, base, root], join(directory, "ftp.log"));
    let child = serve();
    const network = { card: "virtio-net-pci", namespace: server.namespace } as const;
    const words = `nuke ip=dhcp mondo.source=ftp://${FTP_USER.name}@${SERVER}/sets prefix=m1`;
    await inRescue(context, { network, words, disks: [disk] }, async (vm) => {
      await types(vm, "wrong");
      await vm.expect(/the FTP server 10\.0\.2\.2 does not let joe in with that password/, 120_000);
      await vm.expect(MENU, 10_000);
      await edit(vm, "", "");
      await types(vm, FTP_USER.password);
      await vm.expect(/Backup of .* on ftp:\/\/joe@10\.0\.2\.2\/sets\/m1-1\.iso/, 120_000);
      await vm.expect(/Unpack the files/, 600_000);
      child.kill("SIGKILL");
      say("the FTP server is gone");
      await Bun.sleep(30_000);
      child = serve();
      say("the FTP server is back");
      await restored(vm, 1_200_000);
    }).finally(() => child.kill("SIGKILL"));
  });
  if (readFileSync(join(directory, "serial.log"), "latin1").includes(FTP_USER.password)) {
    throw new Error("the password was shown on the console");
  }
  await bootsAsBefore(backup, [disk], { directory: join(directory, "result") });
}

export const scenarios: readonly Scenario[] = [
  {
    name: "network-ftp",
    says: "mondo.source= from an FTP server that goes away restores after a wrong password, and the machine boots",
    ci: false,
    run: restoredByFtp,
  },
];
