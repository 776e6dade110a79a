import type { ChildProcess } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { emptyManifest } from "../support/empty-manifest.ts";
import { edit, SERVER, STATIC, s3Server, webServer, withServer } from "../support/network-lab.ts";
import type { NfsServer } from "../support/nfs-server.ts";
import type { Machine } from "../support/qemu.ts";
import { bootsAsBefore, emptyDisk, restored } from "../support/rescue.ts";
import { bash } from "../support/shell.ts";
import { SMB_USER, startSmb } from "../support/smb-server.ts";
import { emptySet, inRescue, MENU } from "./rescue.vm.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

/**
 * The append line of a PXE configuration, but for addresses: restores onto a blank disk, which boots and is the same.
 */
async function restoredOverNfs(context: ScenarioContext): Promise<void> {
  const backup = await context.lab.backup("bios-gpt-ext4");
  const disk = emptyDisk(backup, context.directory);
  await withServer(context, 4, { "m1-1.iso": backup.iso }, async ({ namespace }) => {
    const network = { card: "virtio-net-pci", namespace } as const;
    const old =
      "ramdisk_size=32768 load_ramdisk=1 prompt_ramdisk=0 rw root=/dev/ram apm=off devfs=nomount exec-shield=0";
    const words = `${old} nuke pxe prefix=m1 ipconf=eth0:${STATIC} nfsmount=${SERVER}:/mondo`;
    await inRescue(context, { network, words, disks: [disk] }, (vm) => restored(vm));
  });
  await bootsAsBefore(backup, [disk], { directory: join(context.directory, "result") });
}

/**
 * The server is killed in mid-restore and comes back a minute later: the restore goes on as if nothing had happened.
 */
function serverReturns(version: 3 | 4) {
  return async (context: ScenarioContext): Promise<void> => {
    const { lab, directory, say } = context;
    const backup = await lab.backup("bios-gpt-ext4");
    const disk = emptyDisk(backup, directory);
    const work = async (server: NfsServer) => {
      const network = { card: "virtio-net-pci", namespace: server.namespace } as const;
      const words = `nuke pxe prefix=m1 nfsmount=${SERVER}:/mondo`;
      await inRescue(context, { network, words, disks: [disk] }, async (vm) => {
        await vm.expect(/Unpack the files/, 600_000);
        await Bun.sleep(3000);
        await server.stopServing();
        say("the server is gone");
        await Bun.sleep(60_000);
        await server.serve();
        say("the server is back");
        await restored(vm, 1_200_000);
      });
    };
    await withServer(context, version, { "m1-1.iso": backup.iso }, work, { grace: true });
    await bootsAsBefore(backup, [disk], { directory: join(directory, "result") });
  };
}

/** A DHCP and DNS server that knows nas.test and web.test. */
function nameServer({ directory }: ScenarioContext, server: NfsServer): ChildProcess {
  const names = ["nas", "web"].map((name) => `--address=/${name}.test/10.77.0.1`);
  const dhcp = ["--dhcp-range=10.77.0.50,10.77.0.60", "--domain=test", "--leasefile-ro"];
  const alone = [
    "--keep-in-foreground",
    "--conf-file=/dev/null",
    "--no-resolv",
    "--no-hosts",
    "--local=/test/",
    "--user=root",
  ];
  const argv = ["dnsmasq", ...alone, "--interface=br0", "--bind-interfaces", ...dhcp, ...names];
  return server.startInside(argv, join(directory, "dnsmasq.log"));
}

/**
 * Servers by their names: the name server by DHCP with its search domain, and by a boot word; a set that lies in a
 * plain directory.
 */
async function byName(context: ScenarioContext): Promise<void> {
  const { directory } = context;
  await withServer(context, 4, { "alpha-1.iso": await emptySet(directory) }, async (server) => {
    const { namespace } = server;
    await server.addBridge("br0", "10.77.0.1", ["tap0"]);
    const plain = join(directory, "export/plain/mondo");
    mkdirSync(plain, { recursive: true });
    writeFileSync(join(plain, "manifest.json"), emptyManifest("beta"));
    const names = nameServer(context, server);
    const web = server.startInside(
      [process.execPath, webServer, join(directory, "export")],
      join(directory, "web.log"),
    );
    const network = { card: "virtio-net-pci", namespace, tap: "tap0" } as const;
    try {
      await inRescue(context, { network, words: "pxe nfsmount=nobody.test:/mondo prefix=alpha" }, async (vm) => {
        await vm.expect(
          /the address of the server nobody\.test can't be found: no name server knows it or answers/,
          180_000,
        );
        await vm.expect(MENU, 10_000);
        await edit(vm, "nas:/mondo", "");
        await vm.expect(/Backup of alpha .* on nas:\/mondo\/alpha-1\.iso/, 60_000);
        await vm.expect(MENU, 60_000);
      });
      const words = "ip=10.77.0.9:::24::eth0:none nameserver=10.77.0.1 mondo.source=http://web.test/plain";
      await inRescue(context, { network, words }, async (vm) => {
        await vm.expect(/Backup of beta .* on http:\/\/web\.test\/plain\/mondo/, 180_000);
        await vm.expect(MENU, 60_000);
      });
    } finally {
      for (const child of [names, web]) child.kill("SIGKILL");
    }
  });
}

/**
 * From a web server that breaks off now and then, and is killed and started again in mid-restore; a wrong prefix is
 * told first.
 */
async function restoredFromWeb(context: ScenarioContext): Promise<void> {
  const { lab, directory, say } = context;
  const backup = await lab.backup("bios-gpt-ext4");
  const disk = emptyDisk(backup, directory);
  await withServer(context, 4, { "m1-1.iso": backup.iso }, async (server) => {
    // The log is opened anew by each: what is posted at the end is in the last one.
    const serve = () =>
      server.startInside([process.execPath, webServer, join(directory, "export")], join(directory, "web.log"));
    let child = serve();
    const network = { card: "virtio-net-pci", namespace: server.namespace } as const;
    const status = `mondo.status=http://${SERVER}/status`;
    const words = `nuke ip=dhcp mondo.source=http://user:secret@${SERVER} prefix=wrong ${status}`;
    await inRescue(context, { network, words, disks: [disk] }, async (vm) => {
      await vm.expect(/http:\/\/10\.0\.2\.2 has no wrong-1\.iso: there are m1-1\.iso/, 120_000);
      await vm.expect(MENU, 10_000);
      await edit(vm, "", "m1");
      await vm.expect(/Backup of .* on http:\/\/10\.0\.2\.2\/m1-1\.iso/, 60_000);
      await vm.expect(/Unpack the files/, 600_000);
      child.kill("SIGKILL");
      say("the web server is gone");
      await Bun.sleep(30_000);
      child = serve();
      say("the web server is back");
      await restored(vm, 1_200_000);
    }).finally(() => child.kill("SIGKILL"));
  });
  const posted = readFileSync(join(directory, "web.log"), "utf8");
  if (!/"status":"done","mode":"nuke","host":"bios-gpt-ext4"/.test(posted)) throw new Error(`no status: ${posted}`);
  if (/secret/.test(readFileSync(join(directory, "serial.log"), "latin1").replace(/^.*Command line: .*$/gm, ""))) {
    throw new Error("the password of the URL was shown on the console");
  }
  await bootsAsBefore(backup, [disk], { directory: join(directory, "result") });
}

/** From the share of a Windows server, after a password that was wrong. */
async function restoredFromWindows(context: ScenarioContext): Promise<void> {
  const { lab, directory } = context;
  const backup = await lab.backup("bios-gpt-ext4");
  const disk = emptyDisk(backup, directory);
  await withServer(context, 4, { "m1-1.iso": backup.iso }, async (server) => {
    const smbd = await startSmb(server, directory, join(directory, "export"));
    const network = { card: "virtio-net-pci", namespace: server.namespace } as const;
    const words = `nuke ip=dhcp mondo.source=cifs://${SMB_USER.name}@${SERVER}/backup prefix=m1`;
    await inRescue(context, { network, words, disks: [disk] }, async (vm) => {
      await vm.expect(/Password of root on \/\/10\.0\.2\.2\/backup[^\n]*: ?/, 180_000);
      vm.serial.send("wrong\r");
      await vm.expect(/10\.0\.2\.2 does not let root in with that password/, 120_000);
      await vm.expect(MENU, 10_000);
      await edit(vm, "", "");
      await vm.expect(/Password of root on \/\/10\.0\.2\.2\/backup[^\n]*: ?/, 60_000);
      vm.serial.send(`${SMB_USER.password}\r`);
      await vm.expect(/Backup of .* on \/\/10\.0\.2\.2\/backup\/m1-1\.iso/, 120_000);
      await restored(vm);
    }).finally(() => smbd.kill("SIGKILL"));
  });
  if (readFileSync(join(directory, "serial.log"), "latin1").includes(SMB_USER.password)) {
    throw new Error("the password was shown on the console");
  }
  await bootsAsBefore(backup, [disk], { directory: join(directory, "result") });
}

/** The set of an image as it lies in a bucket. */
async function asObjects(iso: string, bucket: string): Promise<void> {
  const set = join(bucket, "sets/m1/full/2026-11-30T08-15-00");
  mkdirSync(set, { recursive: true });
  await bash(`xorriso -osirrox on -indev '${iso}' -extract /mondo '${set}/mondo' 2>&1; chmod -R u+w '${set}'`);
}

/** The key of the object store, as it is typed. */
export const S3_KEY = { id: "RESCUE", secret: "Bucket+Pass/9" };

/** Types it, or another secret, when the rescue asks. */
export async function typeS3Key(vm: Machine, secret = S3_KEY.secret): Promise<void> {
  await vm.expect(/Access key of s3\+http:\/\/(?:[\w-]+@)?10\.0\.2\.2:9000\/vault\/sets[^\n]*: ?/, 180_000);
  vm.serial.send(`${S3_KEY.id}\r`);
  await vm.expect(/Secret key of RESCUE[^\n]*: ?/, 30_000);
  vm.serial.send(`${secret}\r`);
}

/**
 * From an object store that breaks off now and then, after a wrong key; it is killed and started again in mid-restore.
 */
async function restoredFromBucket(context: ScenarioContext): Promise<void> {
  const { lab, directory, say } = context;
  const backup = await lab.backup("bios-gpt-ext4");
  const disk = emptyDisk(backup, directory);
  await asObjects(backup.iso, join(directory, "objects/vault"));
  await withServer(context, 4, {}, async (server) => {
    const argv = [process.execPath, s3Server, join(directory, "objects"), "9000", S3_KEY.id, S3_KEY.secret];
    const serve = () => server.startInside(argv, join(directory, "s3.log"));
    let child = serve();
    const network = { card: "virtio-net-pci", namespace: server.namespace } as const;
    const words = `nuke ip=dhcp mondo.source=s3+http://${SERVER}:9000/vault/sets`;
    await inRescue(context, { network, words, disks: [disk] }, async (vm) => {
      await typeS3Key(vm, "wrong");
      await vm.expect(/the secret key is not that of RESCUE, says 10\.0\.2\.2:9000/, 120_000);
      await vm.expect(MENU, 10_000);
      await edit(vm, "", "");
      await typeS3Key(vm);
      await vm.expect(/Backup of .* on s3\+http:\/\/10\.0\.2\.2:9000\/vault\/sets\/m1\/full/, 120_000);
      await vm.expect(/Unpack the files/, 600_000);
      child.kill("SIGKILL");
      say("the object store is gone");
      await Bun.sleep(30_000);
      child = serve();
      say("the object store is back");
      await restored(vm, 1_200_000);
    }).finally(() => child.kill("SIGKILL"));
  });
  if (readFileSync(join(directory, "serial.log"), "latin1").includes(S3_KEY.secret)) {
    throw new Error("the secret key was shown on the console");
  }
  await bootsAsBefore(backup, [disk], { directory: join(directory, "result") });
}

export const scenarios: readonly Scenario[] = [
  {
    name: "network-dns",
    says: "servers by their names, by DHCP's name server or a boot word; a set in a plain directory of a web server",
    ci: false,
    run: byName,
  },
  {
    name: "network-http",
    says: "mondo.source= from a web server that breaks off and goes away restores, and the machine boots",
    ci: false,
    run: restoredFromWeb,
  },
  {
    name: "network-s3",
    says: "mondo.source= from an object store that breaks off and goes away restores after a wrong key, and the machine boots",
    ci: false,
    run: restoredFromBucket,
  },
  {
    name: "network-cifs",
    says: "mondo.source= from the share of a Windows server restores after a wrong password, and the machine boots",
    ci: false,
    run: restoredFromWindows,
  },
  {
    name: "nfs-server-returns",
    says: "an NFSv4 server that is killed in mid-restore and comes back is waited for",
    ci: false,
    run: serverReturns(4),
  },
  { name: "nfs3-server-returns", says: "the same by NFSv3", ci: false, run: serverReturns(3) },
  { name: "network-restore", says: "nuke over NFS onto a blank disk, which boots", ci: false, run: restoredOverNfs },
];
