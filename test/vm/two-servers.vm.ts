import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SERVER, webServer, withServer } from "../support/network-lab.ts";
import { bootsAsBefore, emptyDisk, restored } from "../support/rescue.ts";
import { inRescue } from "./rescue.vm.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

/** The first of two servers dies in mid-restore and never comes back: the second one ends the restore. */
async function firstDies(context: ScenarioContext): Promise<void> {
  const { lab, directory, say } = context;
  const backup = await lab.backup("bios-gpt-ext4");
  const disk = emptyDisk(backup, directory);
  await withServer(context, 4, { "m1-1.iso": backup.iso }, async (server) => {
    const serve = (port: string) =>
      server.startInside(
        [process.execPath, webServer, join(directory, "export"), port],
        join(directory, `${port}.log`),
      );
    const [first, status] = [serve("80"), serve("81")];
    const network = { card: "virtio-net-pci", namespace: server.namespace } as const;
    const sources = `mondo.source=http://${SERVER} mondo.source=${SERVER}:/mondo prefix=m1`;
    const words = `nuke ip=dhcp ${sources} mondo.status=http://${SERVER}:81/status`;
    await inRescue(context, { network, words, disks: [disk] }, async (vm) => {
      await vm.expect(/10\.0\.2\.2:\/mondo has the same backup/, 180_000);
      await vm.expect(/Restor\w+[^\n]* [1-4]\d\s?%/i, 900_000);
      first.kill("SIGKILL");
      say("the first server is gone for good");
      await vm.expect(/the server that was read from is away: going on from 10\.0\.2\.2:\/mondo/, 300_000);
      await vm.expect(/\d+ of \d+ volumes came, in part or whole, from 10\.0\.2\.2:\/mondo/, 1_200_000);
      await restored(vm, 1_200_000);
    }).finally(() => [first, status].map((child) => child.kill("SIGKILL")));
  });
  const posted = readFileSync(join(directory, "81.log"), "utf8");
  if (
    !/"status":"done".*"message":"\d+ of \d+ volumes came, in part or whole, from 10\.0\.2\.2:\/mondo"/.test(posted)
  ) {
    throw new Error(`the status does not name the second server: ${posted}`);
  }
  await bootsAsBefore(backup, [disk], { directory: join(directory, "result") });
}

export const scenarios: readonly Scenario[] = [
  {
    name: "network-two-servers",
    says: "of two servers with the set the first one dies in mid-restore; the second one ends the restore, and the machine boots",
    ci: false,
    run: firstDies,
  },
];
