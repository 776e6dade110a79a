#!/bin/bash
# One line per fact about every entry of every disk file system, sorted: what a restored machine must have in common with its
# source. Written with find, stat, getfattr and sha256sum only, so that it shares nothing with what it judges.
#   M path|type mode uid gid size mtime links target   X path name=value   H path sha256   L names of one inode   P/B/F tables
#   Q subvolumes and profiles of btrfs   R arrays   V volume groups   T what stands on what
# Devices appear by what they are, never by the kernel's name: another bus or order must give the same lines.
set -u
export LC_ALL=C LANG=C

# Changes by itself from boot to boot; each with its reason. Directories: their content; their own line stays.
prune=(
  /proc /sys /dev /run /tmp /mnt/ram                 # not on disk, or always excluded
  /var/log /var/tmp                                  # logs of the day
  /var/cache/mondo /var/lib/mondo                    # the program's own state and log
  /boot/grub/i386-pc /boot/grub/x86_64-efi           # rewritten by the grub-install of the restore
  /boot/efi                                          # vfat: no owners, 2 s times; see the E lines
  /etc/lvm/backup /etc/lvm/archive                   # copies of the text with a serial number that each change counts up
  /swap                                              # a swap file is made anew
  /target /mnt/tools /lost+found /boot/lost+found /srv/data/lost+found
)
files=(
  /boot/grub/grubenv                                 # written by GRUB at boot
  /boot/extlinux/ldlinux.sys /boot/extlinux/ldlinux.c32 /boot/extlinux  # knows where its blocks lie
  /boot/grub/fonts/unicode.pf2 /boot/grub/fonts /boot/grub/locale /boot/grub   # copied anew by grub-install
  /var/lib/systemd/random-seed /var/lib/systemd/timers /var/lib/systemd  # a new seed at each boot and shutdown
  /var/lib/private /var/lib/systemd/catalog/database
  /etc/resolv.conf /etc/.updated /var/.updated
  /root/.bash_history
  /boot /var /var/lib /var/cache /mnt /etc/lvm /              # directory times: mount points and state files come and go
)
# Written anew at each start, with what the kernel's command line says; what it says is in a line of its own.
grep -q systemd.machine_id= /proc/cmdline && files+=(/etc/machine-id)

args=()
for path in "${prune[@]}"; do args+=(-path "$path" -prune -o); done
skip=()
for path in "${files[@]}"; do skip+=(! -path "$path"); done

mapfile -t mounts < <(findmnt -rno TARGET -t ext2,ext3,ext4,xfs,btrfs)
# Subvolumes that nothing is mounted from are file systems to find; a snapshot that a backup leaves out is none.
mapfile -t inner < <(findmnt -rno TARGET -t btrfs)
while [ ${#inner[@]} -gt 0 ]; do
  mapfile -t found < <(find "${inner[@]}" -xdev -mindepth 1 -type d -inum 256 ! -path '/.snapshots/*')
  inner=()
  for path in "${found[@]}"; do
    case " ${mounts[*]} " in *" $path "*) ;; *) inner+=("$path") mounts+=("$path") ;; esac
  done
done
work=$(mktemp -d /run/fingerprint.XXXXXX)
find "${mounts[@]}" -xdev "${args[@]}" -printf '%p\0' | sort -zu >"$work/all"

# A path outside the skipped ones; newlines in names become \1 so that a line stays a line.
list() { find "${mounts[@]}" -xdev "${args[@]}" "${skip[@]}" "$@" | sort -zu; }
lines() { tr '\n\0' '\1\n'; }

# Directories have sizes and link counts of their file system's taste: 0.
list -type d -printf '%p|d %m %U %G 0 %T@\0' | lines | sed 's/^/M /'
list ! -type d ! -type b ! -type c -printf '%p|%y %m %U %G %s %T@ %n %l\0' | lines | sed 's/^/M /'
find "${mounts[@]}" -xdev "${args[@]}" \( -type b -o -type c \) -print0 | sort -zu |
  xargs -0r stat --printf '%n|%F %a %u %g %t:%T %.9Y %h\0' | lines | sed 's/^/M /'
for path in /boot /var /var/lib /var/cache /mnt / /tmp /run /proc /sys /dev /var/log /var/tmp; do
  stat --printf '%n|%F %a %u %g\n' "$path" | sed 's/^/D /'
done
stat --printf '%n|%F %a %u %g ' /etc/machine-id | cat - /etc/machine-id | sed 's/^/D /'

# What mounts hide on the root: on systems without a boot partition, /boot itself. Device nodes of the root, too.
below=$(mktemp -d /run/below.XXXXXX)
unshare -m --propagation private bash -c '
  mount --bind / "$1" && cd "$1" && for at in boot/below mnt/ram dev; do
    [ -d "$at" ] && find "$at" ! -path "dev/*/*" \( -type d -printf "%p|d %m %U %G %T@ 0\n" -o -printf "%p|%y %m %U %G %T@ %n\n" \)
  done
  sha256sum boot/below/* mnt/ram/below/*; stat --printf "%n %t:%T\n" dev/*' sh "$below" | sort | sed 's/^/U /'
rmdir "$below"

# Holes: a file that holds less than half of its length.
list -type f -size +64k -printf '%S %p\0' | lines | awk '$1 < 0.5 { sub(/^[^ ]* /, ""); print "S " $0 }'

# Names of one inode.
list ! -type d -links +1 -printf '%D.%i %p\0' | lines | sort |
  awk '{ key = $1; sub(/^[^ ]* /, ""); names[key] = names[key] "|" $0 } END { for (key in names) print "L " names[key] }' | sort

list -print0 | xargs -0r getfattr -h -m - -e hex -d --absolute-names 2>/dev/null |
  awk '/^# file: / { name = substr($0, 9); next } /=/ || NF == 1 { print "X " name " " $0 }' | sort

list -type f -print0 | xargs -0r sha256sum -z | lines | sed 's/^/H /' | sort -k3

# chattr flags that a person sets; extents, inline data and the like belong to the file system.
find /srv/odd /srv/nocow /srv/packed -xdev \( -type f -o -type d \) ! -name $'*\n*' -print0 2>/dev/null | sort -z | xargs -0 lsattr -d 2>/dev/null |
  awk '{ flags = $1; gsub(/[^aAcCdDijsStTu]/, "", flags); $1 = ""; if (flags != "" && /\/srv/) print "A " flags $0 }'

# The boot partition of UEFI: names and contents, but for what grub-install writes.
if mountpoint -q /boot/efi; then
  (cd /boot/efi && find . -type f ! -name random-seed -print0 | sort -z | xargs -0r sha256sum) | sed 's/^/E /'
fi

# The disk that took the backup is no part of the machine.
target=$(lsblk -dnro PKNAME "$(findmnt -no SOURCE /target)" 2>/dev/null)
mapfile -t devices < <(lsblk -nro NAME,TYPE | awk '$2 !~ /rom|loop/ { print $1 }' | sort -u | grep -v -e "^${target:-none}")

# What a device is: its table's identifier and the partition's number, an array's UUID, a mapped device's name, a member's place.
role() {
  local sys=/sys/class/block/$1
  if [ -e "$sys/partition" ]; then
    printf '%s-%s' "$(role "$(basename "$(dirname "$(readlink -f "$sys")")")")" "$(cat "$sys/partition")"
  elif [ -e "$sys/dm/name" ]; then cat "$sys/dm/name"
  elif [ -e "$sys/md" ]; then printf 'md:%s' "$(mdadm --detail --export "/dev/$1" | sed -n 's/^MD_UUID=//p')"
  else
    local table member
    table=$(blkid -p -o value -s PTUUID "/dev/$1")
    member=$(mdadm --examine "/dev/$1" 2>/dev/null | awk '/Array UUID|Device Role/ { printf "%s ", $NF }')
    printf '%s' "${table:-${member:-$(blkid -p -o value -s UUID "/dev/$1")}}"
  fi
}
declare -A roles
for device in "${devices[@]}"; do roles[$device]=$(role "$device" | tr ' ' _); done

for disk in $(lsblk -dnro NAME,TYPE | awk '$2 == "disk" { print $1 }' | sort); do
  [ "$disk" = "$target" ] && continue
  sfdisk -d "/dev/$disk" 2>/dev/null | grep -v -e '^device:' -e '^$' | sed -E "s,^/dev/${disk}p?,part ,; s,^,P ${roles[$disk]} ,"
done
# PARTUUIDs belong to the table above; mdadm and btrfs give every member an identifier of its own that nothing refers to.
for device in "${devices[@]}"; do
  blkid -o full "/dev/$device" | sed -E "s,^[^:]*:,B ${roles[$device]},; s/ PART(UUID|LABEL)=\"[^\"]*\"//g; /linux_raid_member|TYPE=.btrfs/s/ UUID_SUB=\"[^\"]*\"//"
  for slave in /sys/class/block/"$device"/slaves/*; do
    [ -e "$slave" ] && printf 'T %s on %s\n' "${roles[$device]}" "${roles[$(basename "$slave")]}"
  done
  [ -e "/sys/class/block/$device/md" ] || continue
  mdadm --detail "/dev/$device" | sed -nE "s/^ *((Version|Raid Level|Array Size|Used Dev Size|Raid Devices|Total Devices|Persistence|Intent Bitmap|Layout|Chunk Size|Consistency Policy|Name|UUID) : .*)/R ${roles[$device]} \1/p"
  for slave in /sys/class/block/"$device"/slaves/*; do
    mdadm --examine "/dev/$(basename "$slave")" | sed -nE "s/^ *((Data Offset|Super Offset|Internal Bitmap|Device Role|Avail Dev Size) : .*)/R ${roles[$(basename "$slave")]} \1/p"
  done
done | sort
# What nothing here can mount: the whole partition.
for part in $(for type in ntfs nilfs2; do blkid -o device -t TYPE=$type; done); do
  printf 'I %s %s\n' "${roles[$(basename "$part")]:-}" "$(sha256sum <"$part")"
done
# Not the salts, nor the digest, nor how often a header was written.
for part in $(blkid -o device -t TYPE=crypto_LUKS); do
  cryptsetup luksDump "$part" | sed '/^Digests:/,$d' |
    grep -E '^(Version|UUID|Label|Subsystem|Flags|Cipher name|Cipher mode|Hash spec|Payload offset|MK bits|Key Slot)|^\s+(offset|length|cipher|sector|Key|Priority|Cipher|Cipher key|PBKDF|Time cost|Memory|Threads|Hash|Iterations|AF hash|AF stripes|Key material offset|Area offset|Area length):' |
    sed "s/^/C ${roles[$(basename "$(readlink -f "$part")")]:-} /"
done
# What another disk size changes is in lines of its own.
if command -v lvm >/dev/null; then
  report() { lvm "$1" --noheadings --nosuffix --units b "${@:3}" | sed "s/^/V $2/"; }
  report vgs group -o vg_name,vg_uuid,vg_extent_size,vg_attr,max_lv,max_pv,vg_tags
  report vgs group-size -o vg_name,vg_size,vg_free
  report lvs volume -a -o vg_name,lv_name,lv_uuid,segtype,stripes,stripesize,lv_tags,lv_read_ahead,lv_parent,pool_lv,origin,chunksize,zero,discards
  report lvs volume-size -a -o vg_name,lv_name,lv_size,seg_start_pe,seg_size_pe
  physical() {
    report pvs "$1" -o "pv_name,$2" | while read -r letter kind name rest; do
      printf '%s %s %s %s\n' "$letter" "$kind" "${roles[$(basename "$(readlink -f "$name")")]}" "$rest"
    done
  }
  physical physical pv_uuid,pe_start,pv_mda_count,pv_tags
  physical physical-size pv_size,pv_used
fi
findmnt -rno TARGET,FSTYPE,OPTIONS -t ext2,ext3,ext4,xfs,btrfs,vfat | sed -E 's/subvolid=[0-9]+,?//' | grep -v -e '^/target ' -e '^/mnt/tools ' | sort | sed 's/^/F /'
for part in $(for type in ext2 ext3 ext4; do blkid -o device -t TYPE=$type; done); do
  role=${roles[$(basename "$(readlink -f "$part")")]:-}
  [ -n "$role" ] || continue
  dumpe2fs -h "$part" 2>/dev/null | grep -E '^(Filesystem (volume name|UUID|features|revision)|Default mount|Inode size|Block size|Reserved block count|Block count|Inode count|Blocks per|RAID|Max|Check interval|Errors behavior)' |
    sed "s/^/G $role /"
done
for mount in $(findmnt -rno TARGET -t xfs); do xfs_info "$mount" | sed -E "s,^meta-data=\S+,meta-data=,; s,^,G $mount ,"; done
for part in $(blkid -o device -t TYPE=btrfs); do
  role=${roles[$(basename "$(readlink -f "$part")")]:-}
  [ -n "$role" ] || continue
  btrfs inspect-internal dump-super "$part" |
    grep -E '^(csum_type|fsid|label|total_bytes|num_devices|sectorsize|nodesize|compat_ro_flags|incompat_flags|dev_item.(devid|total_bytes))|^[[:space:]]+[|(]' |
    sed "s/^/G $role /"
done
# From the root, which tells what lies in it by paths from there on, and all others by their whole paths.
if [ "$(stat -f -c %T /)" = btrfs ]; then
  btrfs subvolume list / | sed -E 's/^ID [0-9]+ gen [0-9]+ top level [0-9]+ path //; /^@snapshots\/./d' | sort | sed 's/^/Q subvolume /'
  btrfs subvolume list -r / | sed -E 's/^ID [0-9]+ gen [0-9]+ top level [0-9]+ path //; /^@snapshots\/./d' | sort | sed 's/^/Q read-only /'
  btrfs subvolume get-default / | sed -E 's/^ID [0-9]+ (gen [0-9]+ top level [0-9]+ )?/Q default /'
  btrfs filesystem df / | sed -E 's/:.*//; s/^/Q /' | sort
fi
for file in /srv/packed/file /srv/nocow/file; do
  [ -e $file ] && echo "Q $file compressed: $(filefrag -v $file | grep -q encoded && echo yes || echo no)"
done
swapon --noheadings --raw --show=TYPE,SIZE | sed 's/^/W /'
rm -rf "$work"
