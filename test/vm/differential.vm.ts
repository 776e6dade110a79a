import { createHash } from "node:crypto";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Backup } from "../support/lab.ts";
import { SERVER, STATIC, withServer } from "../support/network-lab.ts";
import { bootRescue, bootsAsBefore, emptyDisk, isUntouched, refused, restored } from "../support/rescue.ts";
import { inRescue } from "./rescue.vm.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

/** What happens to the machine between the two backups. */
const CHANGES = `
rm -rf /usr/share/base-files; echo "a file where a directory was" > /usr/share/base-files
rm -f /usr/share/common-licenses/BSD; mv /usr/share/common-licenses /usr/share/moved-licenses
touch -r /etc/debian_version /run/reference
head -c "$(stat -c %s /etc/debian_version)" /dev/zero | tr '\\0' x | dd of=/etc/debian_version conv=notrunc status=none
touch -r /run/reference /etc/debian_version
chmod 600 /etc/issue; ln /etc/issue /etc/issue-link; chown 12:34 /etc/issue.net
mkdir /root/new; head -c 9000000 /dev/urandom > /root/new/large; truncate -s 50M /root/new/sparse
sync`;

const backupOf = ({ lab }: ScenarioContext) => lab.backup("bios-gpt-ext4", "", CHANGES);

function fullOf({ full }: Backup): string {
  if (full === undefined) throw new Error("the backup builds on nothing");
  return full;
}

const sumOf = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");

/** The differential disc in the drive, the full one copied to a stick, which must stay as it is. */
async function onTwoMedia(context: ScenarioContext): Promise<void> {
  const { directory } = context;
  const backup = await backupOf(context);
  const disk = emptyDisk(backup, directory);
  const stick = join(directory, "full.raw");
  copyFileSync(fullOf(backup), stick);
  const before = sumOf(stick);
  const disks = [disk, { file: stick, format: "raw", bus: "usb", serial: "FULL-BACKUP" }] as const;
  const vm = await bootRescue(backup, { directory: join(directory, "rescue"), disks, choose: "nuke", cpus: 2 });
  try {
    await restored(vm);
  } finally {
    await vm.kill();
  }
  if (sumOf(stick) !== before) throw new Error("the stick with the full backup was written to");
  await bootsAsBefore(backup, [disk], { directory: join(directory, "result") });
}

/** Both images on a share, under other names than they were given. */
async function onShare(context: ScenarioContext): Promise<void> {
  const { directory } = context;
  const backup = await backupOf(context);
  const disk = emptyDisk(backup, directory);
  const images = { "web1-1.iso": fullOf(backup), "tuesday-1.iso": backup.iso };
  await withServer(context, 4, images, async ({ namespace }) => {
    const network = { card: "virtio-net-pci", namespace } as const;
    const words = `nuke pxe prefix=tuesday ipconf=eth0:${STATIC} nfsmount=${SERVER}:/mondo`;
    await inRescue(context, { network, words, disks: [disk] }, (vm) => restored(vm));
  });
  await bootsAsBefore(backup, [disk], { directory: join(directory, "result") });
}

/** The differential disc alone: refused by name, nothing written. */
async function alone(context: ScenarioContext): Promise<void> {
  const { directory } = context;
  const backup = await backupOf(context);
  const disk = emptyDisk(backup, directory);
  const vm = await bootRescue(backup, { directory: join(directory, "rescue"), disks: [disk], choose: "nuke" });
  try {
    const why = await refused(vm);
    if (!/builds on vm-1\.iso, the full backup of .* which can't be found/.test(why)) throw new Error(why);
  } finally {
    await vm.kill();
  }
  if (!isUntouched(disk.file)) throw new Error("the disk was written to");
}

export const scenarios: readonly Scenario[] = [
  {
    name: "differential",
    says: "a differential disc and a stick with the full backup: nuke gives the later state, deletions and renames included",
    ci: false,
    run: onTwoMedia,
  },
  { name: "differential-nfs", says: "both images on an NFS share, renamed: the same", ci: false, run: onShare },
  {
    name: "differential-alone",
    says: "without the full backup: refused by name, disk untouched",
    ci: false,
    run: alone,
  },
];
