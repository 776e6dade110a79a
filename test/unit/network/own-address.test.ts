import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseIpv4 } from "../../../src/base/ipv4.ts";
import { parseRoutes, routeTo } from "../../../src/network/own-address.ts";

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
