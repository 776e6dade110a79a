/** Drives that tgt emulates, on the kernel of User-Mode Linux: its own sr and st driver speak SCSI to them. */
import { existsSync } from "node:fs";
import { hasUml } from "./uml.ts";

/** Whether emulated drives can be had. */
export const hasIscsi = (): boolean =>
  hasUml() &&
  ["/usr/sbin/tgtd", "/usr/sbin/tgtimg", "/sbin/iscsistart", "/usr/bin/mt"].every((path) => existsSync(path));

/**
 * Bash for the start of a script: a directory in memory, the target, and `drive TYPE FILE`, which makes the first drive
 * with a medium in it; `insert FILE` puts another one in.
 */
export const ISCSI_LAB = `
ip link set lo up
mkdir -p /run/lab /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs -o size=1500m lab /run/lab
cd /run/lab
modprobe -a iscsi_tcp sr_mod sg st fuse
tgtd -f -C 7 --iscsi portal=127.0.0.1:3260 > tgtd.log 2>&1 &
admin="tgtadm -C 7 --lld iscsi"
for ((n = 0; n < 50; n++)); do $admin --op show --mode sys > /dev/null 2>&1 && break; sleep .1; done
drive() {
  $admin --op new --mode target --tid 1 -T iqn.2026-01.test:drive
  $admin --op new --mode logicalunit --tid 1 --lun 1 --device-type "$1" \${3:-} -b "$2"
  $admin --op bind --mode target --tid 1 -I ALL
  iscsistart -i iqn.2026-01.test:host -t iqn.2026-01.test:drive -g 1 -a 127.0.0.1 -p 3260 > iscsi.log 2>&1
  for ((n = 0; n < 50; n++)); do [ -e /dev/sr0 -o -e /dev/nst0 ] && break; sleep .1; done
}
insert() {
  $admin --op update --mode logicalunit --tid 1 --lun 1 --params online=0
  $admin --op update --mode logicalunit --tid 1 --lun 1 --params path="$1"
  $admin --op update --mode logicalunit --tid 1 --lun 1 --params online=1
}
blank() { tgtimg --op new --device-type cd --type dvd+r --file "$1" > /dev/null; }
`;

/**
 * Bash functions: `talk COMMAND` starts one on a terminal of its own, `heard TEXT` waits for what it says next, `answer
 * TEXT` types a line, `ended` waits for its end and returns its status.
 */
export const TERMINAL_TALK = String.raw`
talk() {
  rm -f keys said status; mkfifo keys; : > said; heard_to=0
  exec 3<> keys
  { script -qefc "$1" said < keys > /dev/null 2>&1 && echo 0 > status || echo $? > status; } &
}
heard() {
  for ((end = SECONDS + 400; SECONDS < end; )); do
    tail -c +$((heard_to + 1)) said > rest
    if grep -m1 -aobE -- "$1" rest > place; then
      echo "$1"
      heard_to=$((heard_to + $(head -1 place | cut -d: -f1) + 1))
      return 0
    fi
    [ -e status ] && break
    sleep .1
  done
  echo "never said: $1"; tail -40 said; return 1
}
answer() { printf '%s\r' "$1" >&3; }
ended() {
  for ((end = SECONDS + 400; SECONDS < end; )); do [ -e status ] && break; sleep .1; done
  tr -d '\r' < said > said.txt
  return "$(cat status)"
}
`;
