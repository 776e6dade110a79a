/**
 * Gives the card named first the IPv6 address that the word named second asks for, and connects to port 2049 of the
 * server named third. Ends with a line of JSON. Meant for a network namespace of its own.
 */
import { messageOf } from "../../src/base/errors.ts";
import { setLinkUp } from "../../src/host/link-control.ts";
import { startAuto6 } from "../../src/network/auto6.ts";
import { parseIpConf } from "../../src/network/ip-conf.ts";
import { applyStatic6 } from "../../src/network/ipv6-setup.ts";
import { listLinks } from "../../src/network/links.ts";
import { waitForServer } from "../../src/network/reach.ts";
import { resolveServer } from "../../src/network/resolve-server.ts";
import { NFS_SERVICE } from "../../src/shares/nfs/nfs-share.ts";
import { hostWithOwnResolver } from "./own-resolver.ts";

const [device = "", word = "", server = ""] = process.argv.slice(2);
const { host, resolver } = hostWithOwnResolver();
const log: string[] = [];

try {
  const conf = parseIpConf(word);
  setLinkUp("lo", true);
  setLinkUp(device, true);
  const link = listLinks(host).find(({ name }) => name === device);
  if (!link || !conf) throw new Error(`there is no ${device}, or ${word} is no address`);
  const { line, how } =
    conf.method === "static6"
      ? { line: await applyStatic6(host, link, conf), how: "" }
      : await startAuto6(host, link, (text) => log.push(text));
  const address = await resolveServer(host, server);
  const reached = await waitForServer(host, server, address, 2, NFS_SERVICE).then(() => "reached", messageOf);
  const said = { address: `${line.address}/${line.prefixLength}`, how, resolver: resolver(), log, reached };
  process.stdout.write(`${JSON.stringify(said)}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: messageOf(error), log })}\n`);
}
process.exit(0);
