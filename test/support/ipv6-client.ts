/**
 * Gives the card named first the IPv6 address that the word named second asks for, and connects to port 2049 of the server named third. Ends
 * with a line of JSON. Meant for a network namespace of its own.
 */
import { messageOf } from "../../src/base/errors.ts";
import { setLinkUp } from "../../src/host/link-control.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { applyStatic6, waitForRouter } from "../../src/init/network/ipv6.ts";
import { listLinks } from "../../src/init/network/links.ts";
import { waitForServer } from "../../src/init/network/reach.ts";
import { resolveServer } from "../../src/init/network/task.ts";
import { parseIpConf } from "../../src/init/network-words.ts";

const [device = "", word = "", server = ""] = process.argv.slice(2);
const host = linuxHost();

try {
  const conf = parseIpConf(word);
  setLinkUp("lo", true);
  setLinkUp(device, true);
  const link = listLinks(host).find(({ name }) => name === device);
  if (!link || !conf) throw new Error(`there is no ${device}, or ${word} is no address`);
  const line = conf.method === "static6" ? await applyStatic6(host, link, conf) : await waitForRouter(host, link);
  const address = await resolveServer(host, server);
  const reached = await waitForServer(host, server, address, 2).then(() => "reached", messageOf);
  process.stdout.write(`${JSON.stringify({ address: `${line.address}/${line.prefixLength}`, reached })}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: messageOf(error) })}\n`);
}
process.exit(0);
