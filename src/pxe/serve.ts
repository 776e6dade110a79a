import { MondoError, messageOf } from "../base/errors.ts";
import { parseIpv4 } from "../base/ipv4.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import { dnsmasqFull, dnsmasqProxy } from "./dhcp-configs.ts";
import { MADE_BY, type PxeSite } from "./site.ts";
import { TREE_README } from "./write-tree.ts";

const OTHERS_MAY_ENTER = 0o001;

/** The first IPv4 address of an interface; `undefined` when it has none, or when the tool ip is missing. */
export async function addressOfInterface(host: Host, device: string): Promise<string | undefined> {
  if (!host.exists(`/sys/class/net/${device}`)) {
    throw new MondoError("not-found", msg`there is no network interface ${device}`, {
      hint: msg`Name one of ${host.list("/sys/class/net").join(", ")} with --interface.`,
    });
  }
  if (host.which("ip") === undefined) return undefined;
  const { stdout } = await host.run({ argv: ["ip", "-4", "-o", "address", "show", "dev", device], accept: "any" });
  const address = /\binet ([\d.]+)/.exec(stdout)?.[1];
  return address !== undefined && parseIpv4(address) !== undefined ? address : undefined;
}

/** The TFTP server runs without privileges: every directory on the way must be open to it. */
function checkReachable(host: Host, directory: string): void {
  const parts = directory.split("/").filter((part) => part !== "");
  const ways = parts.map((_, at) => `/${parts.slice(0, at + 1).join("/")}`);
  const closed = ways.find((path) => ((host.stat(path)?.mode ?? 0) & OTHERS_MAY_ENTER) === 0);
  if (closed === undefined) return;
  throw new MondoError("refused", msg`the TFTP server can't read ${directory}: ${closed} is closed to other users`, {
    hint: msg`Put the tree elsewhere (/srv/tftp), or open that directory (chmod o+x).`,
  });
}

/** dnsmasq's configuration. Pure. */
export function serveConfig(site: PxeSite): string {
  return `${site.range ? dnsmasqFull(site) : dnsmasqProxy(site)}leasefile-ro\n`;
}

/**
 * Runs dnsmasq on a tree until `signal` aborts: as the only DHCP server if a range was given, otherwise next to one.
 * Changes nothing but a configuration in /run, which it removes. Throws `tool-missing`, `not-found`, `usage`, `refused`
 * or `tool-failed`.
 */
export async function serveTree(host: Host, site: PxeSite, reporter: Reporter, signal: AbortSignal): Promise<void> {
  const { directory, server, device } = site;
  if (host.which("dnsmasq") === undefined) {
    throw new MondoError("tool-missing", msg`--serve needs dnsmasq, which is not installed`, {
      hint: msg`Install it (Debian: apt-get install dnsmasq-base).`,
    });
  }
  if (!(host.tryReadText(`${directory}/${TREE_README}`) ?? "").startsWith(MADE_BY)) {
    throw new MondoError("not-found", msg`${directory} is not a tree of mondo pxe`, {
      hint: msg`Make one first: run mondo pxe with a SET.`,
    });
  }
  checkReachable(host, directory);
  const file = `/run/mondo-pxe.${device}.conf`;
  host.write(file, serveConfig(site), 0o600);
  const how = site.range
    ? msg`assigning ${site.range.first} to ${site.range.last}`
    : msg`next to the network's DHCP server`;
  reporter.step(msg`Serving ${directory} on ${device} (${server}), ${how}; Ctrl-C ends it`);
  try {
    const argv = ["dnsmasq", "--keep-in-foreground", "--log-facility=-", `--conf-file=${file}`];
    await host.run({ argv, signal, onLine: (line) => reporter.info(line) });
  } catch (error) {
    if (signal.aborted) return;
    throw new MondoError("tool-failed", msg`dnsmasq ended: ${messageOf(error)}`, {
      hint: msg`Another DHCP or TFTP server may use its port (ss -lnup): stop that one, or configure it as in server/.`,
      cause: error,
    });
  } finally {
    host.remove(file);
  }
}
