import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseIpv4 } from "../../../../src/base/ipv4.ts";
import { withArchived } from "../../../../src/init/medium/network-session.ts";
import { readIdentity } from "../../../../src/init/rescue.ts";
import { parseBootOptions } from "../../../../src/init/words/boot-options.ts";
import { parseRoutes, routeTo } from "../../../../src/network/own-address.ts";
import { fakeHost } from "../../../support/fake-host.ts";

const ipconf = "eth0:10.0.0.7:255.255.255.0:10.0.0.255:10.0.0.1";
const seed = { network: { nfsmount: "10.0.0.2:/mondo/monday", prefix: "web1", ipconf } };
const archived = readIdentity(fakeHost({ files: { "/etc/mondo/boot.json": JSON.stringify(seed) } })).network;
const wishes = (words: string) => withArchived(parseBootOptions(words).network, archived);

test("withArchived() fills in server, prefix and address of the backup", () => {
  const { nfsMount, prefix, ipconf: conf } = wishes("pxe");
  assert.equal(nfsMount, { server: "10.0.0.2", path: "/mondo/monday" });
  assert.is(prefix, "web1");
  assert.is(conf?.method === "static" && conf.address, "10.0.0.7");
});

test("withArchived() lets boot words win, and forgets the old address with the old server", () => {
  assert.is(wishes("pxe prefix=web2").prefix, "web2");
  assert.is(wishes("pxe ip=dhcp").ipconf?.method, "dhcp");
  assert.equal(wishes("pxe nfsmount=nas:/x"), parseBootOptions("pxe nfsmount=nas:/x").network);
});

for (const network of [undefined, 7, {}, { nfsmount: "nas" }, { nfsmount: 1 }]) {
  test(`readIdentity() passes over the network ${JSON.stringify(network)}`, () => {
    const host = fakeHost({ files: { "/etc/mondo/boot.json": JSON.stringify({ network }) } });
    assert.is(readIdentity(host).network, undefined);
  });
}

/** As /proc/net/route of a machine with two cards shows them. */
const table = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	0100000A	0003	0	0	0	00000000	0	0	0
eth0	0000000A	00000000	0001	0	0	0	00FFFFFF	0	0	0
eth1	0000A8C0	00000000	0001	0	0	0	0000FFFF	0	0	0
`;

test("routeTo() takes the longest netmask, and the gateway's card for everybody else", () => {
  const routes = parseRoutes(table);
  const to = (text: string) => routeTo(routes, parseIpv4(text) ?? 0);
  assert.is(to("192.168.3.4")?.device, "eth1");
  assert.is(to("10.0.0.2")?.netmask, 0xffffff00);
  assert.is(to("8.8.8.8")?.gateway, parseIpv4("10.0.0.1"));
});

test.run();
