#!/bin/bash
# boot-probe.sh HOW FILE... : boots what the image builder made until /init speaks on the serial console; prints the seconds.
#   kernel VMLINUZ INITRD | bios ISO | uefi ISO | usb-bios ISO | usb-uefi ISO
# MEMORY (MiB, 768), CPU, LIMIT (s, 150), KEYS (typed on the serial console every 3 s: the menu's default by Return), LOG.
set -u
trap "" PIPE
how=$1 file=$2
log=${LOG:-$(mktemp)} limit=${LIMIT:-150}
args=(-accel "tcg,thread=multi" -machine q35 -cpu "${CPU:-max,la57=off,erms=off,fsrm=off}" -smp 2 -m "${MEMORY:-768}"
  -nodefaults -display none -no-reboot -device virtio-rng-pci -serial stdio -monitor none)
vars=
case $how in
  *uefi)
    vars=$(mktemp)
    cp /usr/share/OVMF/OVMF_VARS_4M.fd "$vars"
    args+=(-drive "if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd" -drive "if=pflash,format=raw,file=$vars") ;;
esac
case $how in
  kernel) args+=(-kernel "$file" -initrd "$3" -append "console=ttyS0 rootfstype=ramfs quiet ${WORDS:-}") ;;
  usb-*) args+=(-device qemu-xhci -drive "if=none,id=stick,format=raw,readonly=on,file=$file" -device usb-storage,drive=stick,bootindex=0) ;;
  *) args+=(-drive "if=none,id=disc,format=raw,readonly=on,media=cdrom,file=$file" -device ide-cd,drive=disc,bootindex=0) ;;
esac
[ -n "${VGA:-}" ] && args+=(-device VGA)
start=$(date +%s.%N)
: >"$log"
mkfifo "$log.in"
timeout "$limit" qemu-system-x86_64 "${args[@]}" <"$log.in" >"$log" 2>&1 &
qemu=$!
exec 7>"$log.in"
rm -f "$log.in"
found=1
while kill -0 "$qemu" 2>/dev/null; do
  sleep 1
  if grep -aq "Mondo Rescue" "$log"; then found=0; break; fi
  (( SECONDS % 3 == 0 )) && printf '%b' "${KEYS-\\r}" >&7
done
if [ $found = 0 ]; then
  sleep "${STAY:-3}"
  echo "$how: /init speaks $(echo "$(date +%s.%N) - $start - ${STAY:-3}" | bc) s after power-on"
else
  echo "$how: /init never spoke; the console ended with:"
  tail -c 2000 "$log"
fi
kill "$qemu" 2>/dev/null
wait "$qemu" 2>/dev/null
[ -n "$vars" ] && rm -f "$vars"
[ -n "${LOG:-}" ] || rm -f "$log"
exit $found
