/** Programs that save a whole machine to an ISO and bring it back from there without a question. */

/** What a recovery says, in this order. */
export type Mark = "write" | "files" | "unpacked" | "loader" | "end";

export interface Saver {
  readonly name: string;
  readonly says: string;
  /** Run in the guest before it is looked at. */
  readonly prepare: string;
  /** Run in the guest; leaves the ISO at `/target/NAME.iso`. `/run/tools` has this build of mondo. */
  readonly script: string;
  readonly marks: Readonly<Record<Mark, RegExp>>;
  /** Whether what was restored is compared with the backup between `unpacked` and `loader`. */
  readonly compares: boolean;
}

const mondo: Saver = {
  name: "mondo",
  says: "mondo",
  prepare: "",
  script: `/run/tools/mondoarchive -O -i -d /target -p saved -H -E "/target /dev/vdb"
mv /target/saved-1.iso /target/mondo.iso`,
  marks: {
    write: /Erase the old signatures/,
    files: /Unpack the files/,
    unpacked: /\d+ entries, [\d.]+ \w+ in [\d:]+/,
    loader: /Install GRUB/,
    end: /is restored in [^\n]*checked/,
  },
  compares: true,
};

/** ISO_RECOVER_MODE: nobody is asked. `more`: lines for local.conf. */
const rear = (name: string, says: string, more: string): Saver => ({
  name,
  says,
  prepare: `cat >/etc/rear/local.conf <<'CONF'
OUTPUT=ISO
BACKUP=NETFS
BACKUP_URL=iso:///backup
OUTPUT_URL=file:///target/rear
EXCLUDE_MOUNTPOINTS=( "\${EXCLUDE_MOUNTPOINTS[@]}" /target )
ISO_DEFAULT=automatic
ISO_RECOVER_MODE=unattended
${more}CONF`,
  script: `mkdir -p /target/rear
rear -v mkbackup
mv /target/rear/*/rear-*.iso /target/${name}.iso
rm -rf /target/rear /var/lib/rear/output`,
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
  rear("rear", "ReaR 2.7 as it comes", ""),
  rear(
    "rear-zstd",
    "ReaR 2.7, zstd, initramfs not made again",
    `BACKUP_PROG_COMPRESS_OPTIONS=( --zstd )
BACKUP_PROG_COMPRESS_SUFFIX=".zst"
REBUILD_INITRAMFS=no
`,
  ),
];
