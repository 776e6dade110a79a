import { MondoError } from "../base/errors.ts";
import { parseIpv4 } from "../base/ipv4.ts";
import { msg } from "../base/message.ts";
import { MENU_SECONDS } from "../drivers/media/boot-menu.ts";
import { findPxeSet } from "../pxe/find-set.ts";
import { findLoaders } from "../pxe/loaders.ts";
import { addressOfInterface, serveTree } from "../pxe/serve.ts";
import { ANSWERS, type PxeMachine, type PxeSet, type PxeSite } from "../pxe/site.ts";
import { writePxeTree } from "../pxe/write-tree.ts";
import type { Command, CommandContext } from "./command.ts";
import { decodePxeOptions, type PxeOptions } from "./pxe-options.ts";
import { jsonOption } from "./set-words.ts";
import type { CommandSpec } from "./spec.ts";
import { interruptionOf, stoppable } from "./stoppable.ts";

const pxeSpec: CommandSpec = {
  name: "pxe",
  summary: msg`start machines over the network into the rescue system of a backup`,
  usage: "--out DIR [SET] [OPTION]…",
  description: [
    msg`Writes what a TFTP (and web) server needs to start a machine into its rescue system: kernel and initrd out of the backup's ISO, pxelinux with its configuration for BIOS, GRUB for UEFI (the signed one where it is installed), a script for iPXE, and configurations for dnsmasq, ISC DHCP, Kea, Ignite-UX and the NFS server in DIR/server. DIR/README.txt says how to go on.`,
    msg`SET is an ISO that mondoarchive wrote, or the directory that holds it. Machines listed with --mac start the rescue system of their own set, which lies beside it.`,
    msg`No disk is erased unasked: a machine at which nobody touches a key boots from its disk after ${MENU_SECONDS} seconds. With --unattended, the machines listed with --mac restore themselves instead, each once: the next time they boot from disk, whichever server serves the tree. Writing the tree again asks for another restore.`,
  ],
  operands: "SET",
  operandCompletes: "set",
  options: [
    { long: "out", value: "DIR", completes: "directory", help: msg`root of the TFTP server; made when it isn't there` },
    { long: "server", value: "IP", help: msg`address of the TFTP server (default: that of --interface or --nfs)` },
    { long: "nfs", value: "SERVER:/EXPORT", help: msg`where the machines will find the ISOs` },
    { long: "source", value: "URL", help: msg`the same on a web server: the directory of the ISOs (http, https)` },
    { letter: "p", long: "prefix", value: "NAME", help: msg`if SET is a directory of ISOs: take NAME-1.iso` },
    {
      long: "mac",
      value: "MAC=PREFIX[,IPCONF]",
      many: true,
      help: msg`the machine with this card restores PREFIX-1.iso; IPCONF is dhcp or IP:NETMASK:BROADCAST:GATEWAY (may be given several times)`,
    },
    {
      long: "unattended",
      help: msg`machines listed with --mac restore themselves if nobody touches a key for ${MENU_SECONDS} seconds, each once for this tree`,
    },
    {
      long: "disk",
      value: "MAC=DISK=serial:VALUE",
      many: true,
      help: msg`which disk of that machine becomes DISK of its set, by serial:, wwn: or path:; written to DIR/answers, which a web server must serve (may be given several times)`,
    },
    {
      long: "answers",
      value: "PLACE",
      help: msg`where the machines listed with --mac find their answers: mondo.answers= of mondo help boot; http://SERVER/answers/ with --disk`,
    },
    {
      long: "status",
      value: "URL",
      help: msg`the machines post there how far a restore is; an answer of 409 stops one before anything is touched`,
    },
    { long: "range", value: "FIRST,LAST[,NETMASK]", help: msg`addresses that the DHCP server may lend` },
    {
      long: "serve",
      help: msg`then run dnsmasq on DIR until Ctrl-C: beside the network's DHCP server, or as the only one with --range`,
    },
    { long: "interface", value: "NAME", help: msg`network interface that --serve answers on` },
    { long: "force", help: msg`replace files in DIR that are not ours` },
    jsonOption,
  ],
  examples: [
    {
      line: "mondo pxe --out /srv/tftp --nfs 10.0.0.2:/srv/backup /srv/backup/web1-1.iso",
      does: msg`a tree that offers the restore of web1`,
    },
    {
      line: "mondo pxe --out /srv/tftp --serve --interface eth0 --range 10.0.0.100,10.0.0.150",
      does: msg`serves it as the only DHCP server of the network`,
    },
  ],
};

/** Machines with their sets, each of which is looked for beside the first one. */
function machinesOf(
  { host }: CommandContext,
  { machines, disks, place = "" }: PxeOptions,
  first: PxeSet,
): PxeMachine[] {
  const directory = host.stat(place)?.kind === "directory" ? place : place.slice(0, place.lastIndexOf("/") + 1) || ".";
  const sets = new Map([[first.prefix, first]]);
  return machines.map(({ mac, prefix, ipconf }) => {
    const own = disks.filter((disk) => disk.mac === mac).map(({ name, identity }) => [name, identity] as const);
    const set = sets.get(prefix) ?? { ...findPxeSet(host, directory, prefix), place: `${prefix}/` };
    sets.set(prefix, set);
    return { mac, ipconf, set, disks: Object.fromEntries(own) };
  });
}

async function write(context: CommandContext, options: PxeOptions, site: PxeSite): Promise<void> {
  const { host, reporter } = context;
  const loaders = findLoaders(host);
  if (!site.nfs && site.source === undefined) {
    reporter.warn(
      msg`Neither --nfs nor --source is given: unless the backup was made with -n, nfsmount= must be typed.`,
    );
  }
  await writePxeTree(host, site, loaders, { force: options.force }, reporter);
  if (!loaders.bios) {
    reporter.warn(msg`No machine will start by BIOS: install pxelinux and syslinux-common for that.`);
  }
  if (!loaders.signed && loaders.own) {
    reporter.warn(
      msg`UEFI machines start without Secure Boot only: install grub-efi-amd64-signed and shim-signed for it.`,
    );
  }
  if (!loaders.signed && !loaders.own) {
    reporter.warn(msg`No machine will start by UEFI: install grub-efi-amd64-bin (grub-efi-amd64-signed, shim-signed).`);
  }
  reporter.step(msg`${site.directory} is ready: see ${site.directory}/README.txt`);
}

const NO_SET: PxeSet = {
  ...{ prefix: "", title: "", place: "" },
  kernel: { path: "", offset: 0, sizeBytes: 0 },
  initrd: { path: "", offset: 0, sizeBytes: 0 },
};

/** Where the machines find their answers: those of the tree come from the web server that serves it. */
function answersOf({ answers, disks }: PxeOptions, server: string | undefined): string | undefined {
  if (answers !== undefined || disks.length === 0) return answers;
  if (server !== undefined) return `http://${server}/${ANSWERS}/`;
  throw new MondoError("usage", msg`--disk needs the address of the web server that serves DIR`, {
    hint: msg`Add --server IP, or --answers with the URL of DIR/answers/.`,
  });
}

async function siteOf(context: CommandContext, options: PxeOptions): Promise<PxeSite> {
  const { host } = context;
  const { directory, nfs, source, status, range, device, place, prefix } = options;
  const found = device === undefined ? undefined : await addressOfInterface(host, device);
  // A machine may serve several networks: what its interface says is nearer than the NFS server's address.
  const nfsAddress = nfs && parseIpv4(nfs.server) !== undefined ? nfs.server : undefined;
  const server = options.server ?? found ?? (options.serve ? undefined : nfsAddress);
  if (options.serve && server === undefined) {
    throw new MondoError("usage", msg`${device} has no IPv4 address`, { hint: msg`Give it one, or say --server IP.` });
  }
  const set = place === undefined ? NO_SET : findPxeSet(host, place, prefix);
  const machines = place === undefined ? [] : machinesOf(context, options, set);
  const once = options.unattended ? crypto.randomUUID() : undefined;
  const answers = answersOf(options, server);
  return { directory, server, nfs, source, status, answers, once, set, machines, range, device };
}

/** `mondo pxe`. */
export const pxeCommand: Command = {
  spec: pxeSpec,
  async run(context) {
    const { host, reporter, words } = context;
    const options = decodePxeOptions(words, host.realPath(".") ?? "/");
    const site = await siteOf(context, options);
    if (options.place !== undefined) await write(context, options, site);
    if (!options.serve) return 0;
    try {
      await stoppable(interruptionOf(msg`the serving`), (signal) => serveTree(host, site, reporter, signal));
    } catch (error) {
      if (!(error instanceof MondoError) || error.code !== "cancelled") throw error;
    }
    reporter.step(msg`No longer serving`);
    return 0;
  },
};
