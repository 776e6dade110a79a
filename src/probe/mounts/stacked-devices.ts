import { stored } from "../../base/message.ts";

/**
 * Devices that another system makes of disks or of a network, which sysfs shows as disks of their own. A restore can
 * neither make them nor tell what they stand on. Sources: the names that their drivers register.
 */
const STACKED: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^drbd\d/, stored`a DRBD device`],
  [/^emcpower[a-z]/, stored`a PowerPath device`],
  [/^VxDMP\d|^vx(?:dmp|vol)/i, stored`a Veritas device`],
  [/^sddlm[a-z]/, stored`a Hitachi HDLM device`],
  [/^vpath[a-z]/, stored`an IBM SDD device`],
  [/^scini[a-z]/, stored`a PowerFlex device`],
  [/^rbd\d/, stored`a Ceph block device`],
  [/^zd\d/, stored`a ZFS volume`],
  [/^ublkb\d/, stored`a block device of a program (ublk)`],
  [/^drbd[a-z]|^sheepdog|^linstor/, stored`a replicated device`],
];

/** What a stacked device is, as a noun phrase; undefined for a disk. */
export function stackedWords(name: string): string | undefined {
  return STACKED.find(([pattern]) => pattern.test(name))?.[1];
}
