import { parseIpConf } from "../../../src/network/ip-conf.ts";
import type { PxeSet, PxeSite } from "../../../src/pxe/site.ts";

/** A set that lies nowhere. */
export const setNamed = (prefix: string, place = ""): PxeSet => ({
  prefix,
  place,
  title: `${prefix} (Debian 12), 2026-11-21 03:00 UTC`,
  kernel: { path: "/nowhere", offset: 0, sizeBytes: 1 },
  initrd: { path: "/nowhere", offset: 0, sizeBytes: 1 },
});

export const conf = parseIpConf("eth0:10.0.0.7:255.255.255.0:10.0.0.255:10.0.0.1");

/** One server, one default set, one machine of another set with an address of its own. */
export const site: PxeSite = {
  directory: "/srv/tftp",
  server: "10.0.0.2",
  nfs: { server: "10.0.0.2", path: "/mondo" },
  source: undefined,
  status: undefined,
  answers: undefined,
  once: undefined,
  set: setNamed("web1"),
  machines: [{ mac: "52:54:00:4d:4f:02", set: setNamed("web2", "web2/"), ipconf: conf, disks: {} }],
  range: { first: "10.0.0.100", last: "10.0.0.150", netmask: "255.255.255.0" },
  device: "br0",
};
