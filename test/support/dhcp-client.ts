/**
 * Gets an address by our own DHCP client for the card named first, and keeps it until it was renewed, at most for the
 * seconds named second. Ends with a line of JSON. Meant for a network namespace of its own.
 */
import { messageOf } from "../../src/base/errors.ts";
import { setLinkUp } from "../../src/host/link-control.ts";
import { startDhcp } from "../../src/network/dhcp-session.ts";
import { listLinks } from "../../src/network/links.ts";
import { hostWithOwnResolver } from "./own-resolver.ts";

const [device = "", seconds = "0"] = process.argv.slice(2);
const { host, resolver } = hostWithOwnResolver();
const log: string[] = [];
try {
  setLinkUp(device, true);
  const link = listLinks(host).find(({ name }) => name === device);
  if (!link) throw new Error(`there is no ${device}`);
  const session = await startDhcp(host, link, "alpha", (text) => log.push(text));
  const end = Date.now() + Number(seconds) * 1000;
  while (log.length === 0 && Date.now() < end) await Bun.sleep(100);
  session.stop();
  process.stdout.write(`${JSON.stringify({ lease: session.lease, resolver: resolver(), log })}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: messageOf(error), log })}\n`);
}
process.exit(0);
