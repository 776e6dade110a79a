import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { lastAdvertisement } from "../../../src/network/auto6.ts";
import { parseIpConf, renderIpConf } from "../../../src/network/ip-conf.ts";
import { parseIpv6Lines, waitForRouter } from "../../../src/network/ipv6-setup.ts";
import { fakeHost } from "../../support/fake-host.ts";

const table = `00000000000000000000000000000001 01 80 10 80       lo
fe80000000000000505400fffe4d4f01 02 40 20 80     eth0
20010db8000000000000000000000002 02 40 00 40     eth0
20010db8000000000000000000000003 02 40 00 88     eth0
`;

test("parseIpv6Lines() reads addresses with their scope and state", () => {
  const [lo, link, fresh, taken, ...more] = parseIpv6Lines(table);
  assert.equal(lo, { device: "lo", address: "::1", prefixLength: 128, isGlobal: false, state: "ready" });
  assert.is(link?.isGlobal, false);
  assert.equal(fresh, { device: "eth0", address: "2001:db8::2", prefixLength: 64, isGlobal: true, state: "tentative" });
  assert.is(taken?.state, "taken");
  assert.equal(more, []);
});

test("renderIpConf() writes IPv6 as parseIpConf() reads it", () => {
  for (const text of ["eth0:auto6", "*:[2001:db8::2]/64", "eth0:[2001:db8::2]/64:[fe80::1]"]) {
    const conf = parseIpConf(text);
    assert.is(conf && renderIpConf(conf), text);
  }
});

const link = { name: "eth0", index: 2, mac: "52:54:00:4d:4f:01", driver: "e1000", carrier: true };
const silent = () => undefined;
const settings = "/proc/sys/net/ipv6/conf/eth0";

test("waitForRouter() says within 30 s that no router advertises a network", async () => {
  const host = fakeHost({ files: { [`${settings}/disable_ipv6`]: "0\n", "/proc/net/if_inet6": table.slice(0, 100) } });
  const began = host.nowMs();
  const error = await waitForRouter(host, link, silent).catch((caught: unknown) => caught);
  assert.match((error as MondoError).message, /no router gives eth0 \(e1000, 52:54:00:4d:4f:01\) an IPv6 network/);
  assert.ok(host.nowMs() - began < 30_000);
  const without = await waitForRouter(fakeHost({}), link, silent).catch((caught: unknown) => caught);
  assert.match((without as MondoError).message, /does not support IPv6/);
});

const said = { managed: true, other: true, nameServers: [], search: [] };
/** The link-local address alone, as the kernel has it when the prefix is not for addresses of one's own. */
const LOCAL = "fe80000000000000505400fffe4d4f01 02 40 20 80     eth0\n";
const OWN = "20010db8000000000000000000000002 02 40 00 80     eth0\n";
const cardWith = (text: string) =>
  fakeHost({ files: { [`${settings}/disable_ipv6`]: "0\n", "/proc/net/if_inet6": text } });

test("waitForRouter() leaves the address to DHCPv6 when the router says so and none of the kernel's comes", async () => {
  const host = cardWith(LOCAL);
  const began = host.nowMs();
  assert.equal(await waitForRouter(host, link, () => said), { line: undefined, advertisement: said });
  assert.ok(host.nowMs() - began < 10_000);
  const error = await waitForRouter(cardWith(LOCAL), link, () => ({ ...said, managed: false })).catch(
    (caught) => caught,
  );
  assert.match((error as MondoError).message, /no router gives/);
});

test("waitForRouter() gives the kernel's address with what the router said, and without it when that was missed", async () => {
  const both = await waitForRouter(cardWith(LOCAL + OWN), link, () => said);
  assert.equal([both.line?.address, both.advertisement], ["2001:db8::2", said]);
  const missed = await waitForRouter(cardWith(LOCAL + OWN), link, silent);
  assert.equal([missed.line?.address, missed.advertisement], ["2001:db8::2", undefined]);
});

test("lastAdvertisement() passes over what is none", () => {
  const packets = [Uint8Array.of(1, 2), new Uint8Array(80)];
  assert.is(lastAdvertisement({ receive: () => packets.shift() }), undefined);
  assert.is(packets.length, 0);
});

test("waitForRouter() tells when another machine has the address", async () => {
  const taken = table.split("\n").slice(3).join("\n");
  const host = fakeHost({ files: { [`${settings}/disable_ipv6`]: "0\n", "/proc/net/if_inet6": taken } });
  const error = await waitForRouter(host, link, silent).catch((caught: unknown) => caught);
  assert.ok(error instanceof MondoError);
  assert.match((error as MondoError).message, /another machine .* has 2001:db8::3/);
});

test.run();
