import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeTree } from "../support/pxe-lab.ts";
import { Machine } from "../support/qemu.ts";
import { bootsAsBefore, emptyDisk, isAsBefore, isUntouched, restored } from "../support/rescue.ts";
import { SERVER, webServer, withServer } from "./network.vm.ts";
import { choose, inRescue, MENU } from "./rescue.vm.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const MAC = "52:54:00:4d:4f:01";
const FILE = "52-54-00-4d-4f-01.json";
/** What tells that a request has been answered. */
const MARKER = /mondo-restored\.json/;

/**
 * Two equal blank disks, which nuke alone would refuse: the answers for this card name one by its serial number. Malformed ones are told
 * before anything is written; at the end the machine is switched off, as they say.
 */
async function answered(context: ScenarioContext): Promise<void> {
  const { lab, directory, say } = context;
  const backup = await lab.backup("bios-gpt-ext4");
  const [spare, wanted] = ["TWIN-A", "TWIN-B"].map((serial) => emptyDisk(backup, directory, { serial }));
  if (!spare || !wanted) throw new Error("two disks were not made");
  await withServer(context, 4, { "m1-1.iso": backup.iso }, async (server) => {
    const answers = join(directory, "web/answers");
    mkdirSync(answers, { recursive: true });
    const own = join(answers, FILE);
    writeFileSync(join(answers, "default.json"), '{"version": 1, "mode": "compare"}');
    writeFileSync(own, '{"version": 1, "mode": "nuke", "disks": {"sda": "TWIN-B"}}');
    const web = server.startInside([process.execPath, webServer, join(directory, "web")], join(directory, "web.log"));
    const network = { card: "virtio-net-pci", namespace: server.namespace } as const;
    const words = `pxe prefix=m1 nfsmount=${SERVER}:/mondo mondo.answers=http://${SERVER}/answers/`;
    await inRescue(context, { network, words, disks: [spare, wanted] }, async (vm) => {
      await vm.expect(/\/answers\/52-54-00-4d-4f-01\.json holds no answers .*: disks\.sda: expected \{"wwn"/, 180_000);
      await vm.expect(MENU, 10_000);
      const disks = { vda: { serial: "TWIN-B" } };
      writeFileSync(own, JSON.stringify({ version: 1, mode: "nuke", disks, resize: false, end: "poweroff" }));
      await choose(vm, "again", /Answers: http:\/\/10\.0\.2\.2\/answers\/52-54-00-4d-4f-01\.json/);
      await vm.expect(/ERASED: .*TWIN-B[^\n]*\n[^\n]*\(your choice\)/, 180_000, /\n! The restore/);
      say("the disk of the answers was chosen");
      await vm.expect(/is restored in [^\n]*checked/, 900_000, /\n! The restore: .*\n|, but for \d+ thing/);
      if ((await vm.ended(120_000)) !== "off") throw new Error("the rescue restarted the machine");
    }).finally(() => web.kill("SIGKILL"));
  });
  if (!isUntouched(spare.file)) throw new Error("the disk that the answers don't name was written to");
  await bootsAsBefore(backup, [wanted], { directory: join(directory, "result") });
}

/**
 * A machine that always starts over the network, from a tree that restores it by itself: the second start of the same entry finds the
 * restored system and goes on with it. A tree that was made anew restores it again.
 */
async function once(context: ScenarioContext): Promise<void> {
  const { lab, directory, say } = context;
  const backup = await lab.backup("bios-gpt-ext4");
  const disk = emptyDisk(backup, directory);
  const words = ["--nfs", `${SERVER}:/mondo`, "--prefix", "m1", "--mac", `${MAC}=m1`, "--unattended", backup.iso];
  const tree = await makeTree(context, words);
  await withServer(context, 4, { "m1-1.iso": backup.iso }, async ({ namespace }) => {
    const from = { tftp: tree, file: "pxelinux.0" };
    const network = { card: "virtio-net-pci", namespace, start: from } as const;
    const start = async (name: string, work: (vm: Machine) => Promise<void>) => {
      const more = { firmware: "bios", disks: [disk], network, cpus: 2, memoryMiB: 1536 } as const;
      const vm = await Machine.start({ directory: join(directory, name), ...more });
      await work(vm).finally(() => vm.kill());
    };
    await start("first", (vm) => restored(vm));
    say("restored by itself");
    await start("second", async (vm) => {
      await vm.expect(/Nothing to do: this machine was restored by the request [0-9a-f-]{36} before/, 420_000);
      await vm.expect(/goes on with the system on its disk/, 60_000);
      await isAsBefore(vm, backup, MARKER);
      await vm.powerOff();
    });
    say("the second start went to the disk");
    await makeTree(context, words);
    await start("third", async (vm) => {
      await vm.expect(/The disks named above will be erased/, 420_000, /Nothing to do|\n! The restore/);
    });
  });
  await bootsAsBefore(backup, [disk], { directory: join(directory, "result"), differs: MARKER });
}

export const scenarios: readonly Scenario[] = [
  {
    name: "fleet-answers",
    says: "mondo.answers= for one card: malformed is told, then one of two equal disks is restored by its serial number",
    ci: false,
    run: answered,
  },
  {
    name: "fleet-once",
    says: "mondo pxe --unattended restores a machine once; the next start of the same entry boots its disk",
    ci: false,
    run: once,
  },
];
