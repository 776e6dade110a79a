import { formatIpv4, parseIpv4 } from "../base/ipv4.ts";
import { msg } from "../base/message.ts";
import { MENU_SECONDS } from "../drivers/media/boot-menu.ts";
import { sourceWords } from "./append-line.ts";
import { MADE_BY, type PxeSite, SERVER_PLACEHOLDER } from "./site.ts";

/** Stands for the machines that may read the sets, until a person fills it in. */
const CLIENTS_PLACEHOLDER = "NETWORK/PREFIX-LENGTH";

/** The machines that are known to start from this tree, as exports(5) names clients: never all the world. */
function clientsOf({ range, machines }: PxeSite): readonly string[] {
  const own = machines.flatMap(({ ipconf }) => (ipconf?.method === "static" ? [ipconf.address] : []));
  const address = range ? parseIpv4(range.first) : undefined;
  const mask = range ? parseIpv4(range.netmask) : undefined;
  if (range && address !== undefined && mask !== undefined) {
    return [`${formatIpv4((address & mask) >>> 0)}/${range.netmask}`];
  }
  return own.length > 0 ? own : [CLIENTS_PLACEHOLDER];
}

/** Lines for /etc/exports of the server that holds the set: reading is all that a restore needs. Source: exports(5). */
export function exportsLine(site: PxeSite): string {
  const path = site.nfs?.path ?? "/EXPORT";
  const clients = clientsOf(site).map((client) => `${client}(ro,no_root_squash,no_subtree_check)`);
  return [
    msg`# ${MADE_BY}: for /etc/exports of ${site.nfs?.server ?? msg`the NFS server`}; then exportfs -ra.`,
    msg`# An ISO holds every secret of its machine, and only its owner may read it. Images that belong to root need`,
    msg`# no_root_squash; those that machines wrote with mondoarchive -n under root_squash are read under it, too.`,
    msg`# Such a backup needs rw instead of ro.`,
    `${path} ${clients.join(" ")}`,
    "",
  ].join("\n");
}

/** pxelinux.cfg/default for an Ignite-UX server, with the words of Mondo's recipe. */
export function igniteDefault(site: PxeSite): string {
  const known = site.machines.find(({ ipconf }) => ipconf?.method === "static");
  const old = "load_ramdisk=1 ramdisk_size=131072 ramdisk_blocksize=1024 rw root=/dev/ram iso_mode";
  const more = "acpi=off apm=off devfs=nomount exec-shield=0";
  return `${[
    msg`# ${MADE_BY}: /opt/ignite/boot/pxelinux.cfg/default. Leave acpi=off out unless the machine needs it.`,
    "prompt 1",
    "timeout 600",
    "label restore_mondo",
    `kernel ${site.set.place}vmlinuz-mondo`,
    `append initrd=${site.set.place}initrd-mondo.img ${old} ${more} ${sourceWords({ ...site, answers: undefined, once: undefined }, site.set, known)}`,
  ].join("\n")}\n`;
}

/** /etc/dhcptab for the DHCP server of HP-UX, after Mondo's recipe. */
export function igniteDhcptab(site: PxeSite): string {
  const conf = site.machines.map(({ ipconf }) => ipconf).find((one) => one?.method === "static");
  const gateway = conf?.method === "static" ? conf.gateway : (site.server ?? SERVER_PLACEHOLDER);
  const { first, last, netmask } = site.range ?? {
    first: "FIRST-ADDRESS",
    last: "LAST-ADDRESS",
    netmask: "255.255.255.0",
  };
  return `${[
    "dhcp_device_group:\\",
    " re:\\",
    " ncid:\\",
    " class-name=HP_X86_0:\\",
    ' class-id="PXEClient:Arch:00000:UNDI:002001":\\',
    " lease-time=300:\\",
    ` subnet-mask=${netmask}:\\`,
    ` gw=${gateway}:\\`,
    " lease-policy=accept-new-clients:\\",
    " allow-bootp-clients=FALSE:\\",
    ` addr-pool-start-address=${first}:\\`,
    ` addr-pool-last-address=${last}:\\`,
    " bf=/opt/ignite/boot/pxelinux.0:",
  ].join("\n")}\n`;
}

/** What to do with an Ignite-UX server. */
export const igniteReadme = msg`Ignite-UX (HP-UX) as the server, after Mondo's recipe:
1. Export a file system by NFS, as for HP-UX (/Images/Linux), and put the set there.
2. Copy vmlinuz-mondo, initrd-mondo.img, pxelinux.0 and ldlinux.c32 of this tree to /opt/ignite/boot,
   and the file default beside this one to /opt/ignite/boot/pxelinux.cfg/default.
3. /etc/rc.config.d/netdaemons:
     export DHCPV6D=1
     export DHCPV6SRVRD_ARGS="-c /etc/dhcptab"
4. Add the file dhcptab beside this one to /etc/dhcptab; /sbin/init.d/dhcpv6.server start
5. Start the machine over the network and type restore_mondo.
`;

/** README.txt of the tree. */
export function treeReadme(site: PxeSite): string {
  const again = msg`started like this again it boots from its disk. To restore them all again, make this tree again`;
  const byItself =
    site.once === undefined ? "" : msg`; a machine known by its card is then restored by itself, once:\n   ${again}`;
  const server = site.server ?? SERVER_PLACEHOLDER;
  const nfs = site.nfs ? `${site.nfs.server}:${site.nfs.path}` : (site.source ?? msg`a server to be typed`);
  const sets = [
    ...new Map([site.set, ...site.machines.map(({ set }) => set)].map((set) => [set.prefix, set])).values(),
  ];
  return msg`${MADE_BY}. What starts a machine over the network into its rescue system.

Sets:
${sets.map(({ prefix, title }) => msg`  ${prefix}: ${title}; ${prefix}-1.iso on ${nfs}`).join("\n")}
Machines known by their cards:
${site.machines.map(({ mac, set }) => `  ${mac}: ${set.prefix}`).join("\n") || msg`  none; all are offered ${site.set.prefix}`}

1. Put the sets there. An NFS server needs the line of server/exports in its /etc/exports; a web server must serve ranges.
2. Serve this directory by TFTP as its root. Either
     mondo pxe --serve --out ${site.directory} --interface eth0${site.server === undefined ? " --server ADDRESS" : ` --server ${server}`}
   (next to the network's DHCP server, or as the only one with --range FIRST,LAST), or use what fits from
     server/dnsmasq-proxy.conf  server/dnsmasq-full.conf  server/dhcpd.conf  server/kea-dhcp4.conf  server/ignite-ux/
   ${SERVER_PLACEHOLDER}, FIRST-ADDRESS and LAST-ADDRESS in them stand for what mondo pxe was not given.
3. Start the machine over the network (F12, F8 …). Type or choose:
     restore_mondo   asks at every step
     nuke_mondo      erases the disks and restores everything, after a countdown
     compare_mondo   compares, changes nothing
     expert_mondo    a shell
   Without a key it boots from its disk after ${MENU_SECONDS} seconds${byItself}.

BIOS: pxelinux.0 (pxelinux.cfg/). UEFI: bootx64.efi, which loads grubx64.efi (grub/grub.cfg). iPXE: chain boot.ipxe.
UEFI HTTP boot: any web server with this directory as its root, http://${server}/grub-http.efi (not signed: without Secure Boot).
The words that may be added at the prompt: mondo help boot.
`;
}
