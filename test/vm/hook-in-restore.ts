import type { Machine } from "../support/qemu.ts";

/** Moments of a restore, in order. */
const MOMENTS = ["before-partition", "before-files", "after-files", "after-restore"] as const;

/** Modules that the backup forces and denies for the hook to look at. */
export const HOOKED_OPTIONS = "--force-modules dummy --deny-modules pcspkr";

/**
 * For the machine that is backed up: a hook that is called at each moment of the restore, and ends it where things are
 * not as they are at that moment; it also looks for what lists and options add to the rescue system.
 */
export const HOOK_IN_RESTORE = `install -d /etc/mondo/hooks.d /etc/mondo/deplist.d
printf '# of coreutils\\ntac\\n/etc/debian_version\\n' >/etc/mondo/deplist.d/own.conf
cat >/etc/mondo/hooks.d/10-note <<'END'
#!/bin/sh
# mondo-moments: ${MOMENTS.join(" ")}
set -e
fail() { echo "at $MONDO_MOMENT: $1"; exit 1; }
case $1 in
before-partition)
  [ -b "$MONDO_DISKS" ] || fail "no disk $MONDO_DISKS"
  [ "$(printf 'a\\nb\\n' | tac | head -n 1)" = b ] && [ -s /etc/debian_version ] || fail "nothing of the list is here"
  [ -d /sys/module/dummy ] || fail "the forced module is not loaded"
  if modprobe pcspkr; then fail "the denied module was loaded"; fi ;;
before-files) [ -d "$MONDO_ROOT" ] && [ ! -e "$MONDO_ROOT/etc/fstab" ] || fail "the root is not empty" ;;
after-files) [ -s "$MONDO_ROOT/etc/fstab" ] && chroot "$MONDO_ROOT" true || fail "the files are not there" ;;
after-restore) [ -s "$MONDO_ROOT/boot/grub/grub.cfg" ] || fail "the boot loader is not there" ;;
esac
echo "all is well at $1"
END
chmod 755 /etc/mondo/hooks.d/10-note`;

/** Waits until the hook was called at each moment, in order; throws when it has found something. */
export async function hookIsCalled(rescue: Machine): Promise<void> {
  const trouble = /Kernel panic - not syncing|10-note: at |\n! The restore: /;
  for (const moment of MOMENTS) await rescue.expect(new RegExp(`10-note: all is well at ${moment}`), 900_000, trouble);
}
