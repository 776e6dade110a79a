import { msg } from "../../base/message.ts";

/**
 * Devices that another system makes of disks or of a network, which sysfs shows as disks of their own. A restore can
 * neither make them nor tell what they stand on. Sources: the names that their drivers register.
 */
const STACKED: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^drbd\d/, msg`a DRBD device`],
  [/^emcpower[a-z]/, msg`a PowerPath device`],
  [/^VxDMP\d|^vx(?:dmp|vol)/i, msg`a Veritas device`],
  [/^sddlm[a-z]/, msg`a Hitachi HDLM device`],
  [/^vpath[a-z]/, msg`an IBM SDD device`],
  [/^scini[a-z]/, msg`a PowerFlex device`],
  [/^rbd\d/, msg`a Ceph block device`],
  [/^zd\d/, msg`a ZFS volume`],
  [/^ublkb\d/, msg`a block device of a program (ublk)`],
  [/^drbd[a-z]|^sheepdog|^linstor/, msg`a replicated device`],
];

/** What a stacked device is, as a noun phrase; undefined for a disk. */
export function stackedWords(name: string): string | undefined {
  return STACKED.find(([pattern]) => pattern.test(name))?.[1];
}
