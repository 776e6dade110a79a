/** One word of the kernel command line that is ours. `=` in the name means that it takes a value. */
export interface BootWord {
  readonly name: string;
  /** As it is typed, with placeholders. */
  readonly syntax: string;
  /** A phrase for help and manual. */
  readonly meaning: string;
}

/** Every word of ours, in the order in which help shows them. Parsing (`cmdline.ts`) knows no other. */
export const bootWords = [
  {
    name: "interactive",
    syntax: "interactive | interactive_mode",
    meaning: "ask what to restore, and where (default)",
  },
  { name: "nuke", syntax: "nuke | nuke_mode", meaning: "restore everything, erasing the disks, after a countdown" },
  { name: "compare", syntax: "compare | compare_mode", meaning: "compare the disks with the backup; change nothing" },
  { name: "expert", syntax: "expert | expert_mode", meaning: "a shell with every tool, on every console" },
  { name: "iso_mode", syntax: "iso_mode", meaning: "the same as interactive" },
  { name: "RESTORE", syntax: "RESTORE", meaning: "the same as nuke; ends without a question" },
  { name: "restore", syntax: "restore", meaning: "the same as RESTORE" },
  { name: "textonly", syntax: "textonly", meaning: "plain lines, nothing that redraws itself" },
  { name: "noresize", syntax: "noresize", meaning: "keep every size: do not fit them to larger or smaller disks" },
  {
    name: "nopart",
    syntax: "nopart",
    meaning: "keep the partition tables that are on the disks; restore into their partitions",
  },
  { name: "donteject", syntax: "donteject", meaning: "leave the medium in its drive at the end" },
  { name: "mondo.set=", syntax: "mondo.set=UUID", meaning: "the backup set to look for" },
  {
    name: "mondo.luks-key=",
    syntax: "mondo.luks-key=DEVICE:/PATH",
    meaning: "key file that opens the set's encrypted volumes; DEVICE is LABEL=KEYS, UUID=… or /dev/sdb1",
  },
  { name: "mondo.shell", syntax: "mondo.shell", meaning: "a shell before anything else happens" },
  { name: "mondo.debug", syntax: "mondo.debug", meaning: "show the log and the kernel's messages on the console" },
  { name: "mondo.forcemods=", syntax: "mondo.forcemods=A,B", meaning: "load these kernel modules first" },
  { name: "mondo.denymods=", syntax: "mondo.denymods=A,B", meaning: "never load these kernel modules" },
  { name: "pxe", syntax: "pxe", meaning: "fetch the set over the network" },
  { name: "prefix=", syntax: "prefix=NAME", meaning: "prefix of the set's images: NAME-1.iso, NAME-2.iso …" },
  {
    name: "ipconf=",
    syntax:
      "ipconf=DEV:IP:NETMASK:BROADCAST:GATEWAY | ipconf=DEV:dhcp | ipconf=DEV:[IPV6]/64:[GATEWAY] | ipconf=DEV:auto6",
    meaning:
      "address of a network card; auto6 is what an IPv6 router advertises, or a DHCPv6 server lends when it says so; DEV is a name (eth0), a hardware address, or *; several may be given",
  },
  {
    name: "ip=",
    syntax: "ip=[DEV:]dhcp | ip=[DEV:]auto6 | ip=IP::GATEWAY:NETMASK:[NAME]:[DEV]:none[:DNS[:DNS]]",
    meaning:
      "the same in the kernel's and dracut's syntax (dhcp6 is auto6), IPv6 addresses in brackets; several may be given",
  },
  { name: "nameserver=", syntax: "nameserver=IP", meaning: "a name server; several may be given" },
  {
    name: "vlan=",
    syntax: "vlan=vlanN:DEV | vlan=DEV.N:DEV",
    meaning: "a VLAN over a card, a bond too; named in ipconf=",
  },
  {
    name: "bond=",
    syntax: "bond=NAME:DEV,DEV[:mode=MODE,miimon=MS,…]",
    meaning: "cards as one (802.3ad, active-backup …); miimon=100 when absent",
  },
  {
    name: "nfsmount=",
    syntax: "nfsmount=SERVER:/EXPORT | nfsmount=USER@SERVER:/DIR",
    meaning: "the NFS export, or the directory of an SSH server, that holds the set; DHCP without ipconf=",
  },
  {
    name: "mondo.source=",
    syntax: "mondo.source=URL | mondo.source=//SERVER/SHARE[/DIR]",
    meaning:
      "an ISO on a web server (http, https), SSH server (sftp://USER@SERVER/DIR) or Windows server (cifs://USER@SERVER/SHARE/DIR, too), or the directory where PREFIX-1.iso, PREFIX-2.iso … or a set's files lie; read in parts",
  },
  {
    name: "mondo.ssh-key=",
    syntax: "mondo.ssh-key=DEVICE:/PATH",
    meaning: "private key for the SSH server; DEVICE as with mondo.luks-key=; a password is asked for when absent",
  },
  {
    name: "mondo.credentials=",
    syntax: "mondo.credentials=DEVICE:/PATH",
    meaning:
      "file with username=, password= and domain= for the Windows server, a line each; they are asked for when absent",
  },
  {
    name: "mondo.answers=",
    syntax: "mondo.answers=URL | DEVICE:/PATH | /PATH",
    meaning:
      "what would be asked, answered before, as JSON: mode, disks, luksKey, end …; /PATH lies beside the set; in a directory (/ at its end) the file is MAC.json or default.json",
  },
  {
    name: "mondo.once=",
    syntax: "mondo.once=NAME",
    meaning: "nuke restores a machine once: one that was restored by the request of that name boots its disk",
  },
  {
    name: "mondo.status=",
    syntax: "mondo.status=URL",
    meaning:
      "post how far a restore over the network is, as JSON: begun, then done, already, differences, stopped or failed; 409 stops it",
  },
  { name: "ping=", syntax: "ping=N", meaning: "tries to reach the server before it is mounted (default 3)" },
] as const satisfies readonly BootWord[];

export type BootWordName = (typeof bootWords)[number]["name"];

/** The words as lines of help. */
export function renderBootWords(): string {
  const width = 34;
  return bootWords
    .map(({ syntax, meaning }) =>
      syntax.length > width
        ? `  ${syntax}\n  ${" ".repeat(width)}  ${meaning}`
        : `  ${syntax.padEnd(width)}  ${meaning}`,
    )
    .join("\n");
}
