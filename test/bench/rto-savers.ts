/** Programs that save a whole machine, and bring it back without a question. */
import { SERVER } from "../support/network-lab.ts";

/** What a recovery says, in this order. */
export type Mark = "write" | "files" | "unpacked" | "loader" | "end";

/** What is run in the guest, where `/run/tools` has this build of mondo. */
export interface Steps {
  /** Before the guest is looked at. */
  readonly prepare: string;
  readonly script: string;
}

export interface Saver {
  readonly name: string;
  readonly says: string;
  /** Leaves an ISO at `/target/NAME.iso`. */
  readonly disc: Steps;
  /** Leaves the backup in `/mondo/NAME` of the NFS server. */
  readonly share: Steps;
  readonly kernel: {
    /** Run here: makes "kernel" and "initrd" in `$tree` of what is in `$exported/NAME`; `$mondo` is this build. */
    readonly take: string;
    readonly words: string;
  };
  readonly marks: Readonly<Record<Mark, RegExp>>;
  /** Whether what was restored is compared with the backup between `unpacked` and `loader`. */
  readonly compares: boolean;
}

const mondo: Saver = {
  name: "mondo",
  says: "mondo",
  disc: {
    prepare: "",
    script: `/run/tools/mondoarchive -O -i -d /target -p saved -H -E "/target /dev/vdb"
mv /target/saved-1.iso /target/mondo.iso`,
  },
  share: { prepare: "", script: `/run/tools/mondoarchive -O -n ${SERVER}:/mondo -d /mondo -p saved` },
  kernel: {
    take: `"$mondo" pxe --out "$tree" "$exported/mondo/saved-1.iso"
mv "$tree/vmlinuz-mondo" "$tree/kernel"; mv "$tree/initrd-mondo.img" "$tree/initrd"`,
    words: "quiet rootfstype=ramfs nuke pxe",
  },
  marks: {
    write: /Erase the old signatures/,
    files: /Unpack the files/,
    unpacked: /\d+ entries, [\d.]+ \w+ in [\d:]+/,
    loader: /Install GRUB/,
    end: /is restored in [^\n]*checked/,
  },
  compares: true,
};

const configured = (lines: string) => `cat >/etc/rear/local.conf <<'CONF'
${lines}
CONF`;

/** Nobody is asked. `more`: lines for local.conf. */
const rear = (name: string, says: string, more = ""): Saver => ({
  name,
  says,
  disc: {
    prepare: configured(`OUTPUT=ISO
BACKUP=NETFS
BACKUP_URL=iso:///backup
OUTPUT_URL=file:///target/rear
EXCLUDE_MOUNTPOINTS=( "\${EXCLUDE_MOUNTPOINTS[@]}" /target )
ISO_DEFAULT=automatic
ISO_RECOVER_MODE=unattended
${more}`),
    script: `mkdir -p /target/rear
rear -v mkbackup
mv /target/rear/*/rear-*.iso /target/${name}.iso
rm -rf /target/rear /var/lib/rear/output`,
  },
  share: {
    prepare: configured(`OUTPUT=RAMDISK
BACKUP=NETFS
BACKUP_URL=nfs://${SERVER}/mondo
NETFS_PREFIX=${name}
OUTPUT_PREFIX=${name}
${more}`),
    script: `rear -v mkbackup
rm -rf /var/lib/rear/output`,
  },
  kernel: {
    take: `cp "$exported/${name}"/kernel-* "$tree/kernel"; cp "$exported/${name}"/initramfs-* "$tree/initrd"`,
    words: "root=/dev/ram0 vga=normal rw selinux=0 unattended",
  },
  marks: {
    write: /Start system layout|Proceeding with/,
    files: /Restoring from/,
    unpacked: /Restoring finished/,
    loader: /Installing GRUB2/,
    end: /Finished 'recover'/,
  },
  compares: false,
});

export const savers: readonly Saver[] = [
  mondo,
  rear("rear", "ReaR 2.7 as it comes"),
  rear(
    "rear-zstd",
    "ReaR 2.7, zstd, initramfs not made again",
    `BACKUP_PROG_COMPRESS_OPTIONS=( --zstd )
BACKUP_PROG_COMPRESS_SUFFIX=".zst"
REBUILD_INITRAMFS=no`,
  ),
];
