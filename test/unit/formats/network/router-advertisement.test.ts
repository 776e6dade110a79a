import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../../src/base/errors.ts";
import { parseIpv6 } from "../../../../src/base/ipv6.ts";
import { decodeRouterAdvertisement } from "../../../../src/formats/network/router-advertisement.ts";
import { mutatorOf } from "../../../support/mutate.ts";

/** Of dnsmasq 2.90 with a stateful range, two name servers and two search domains; sent from a link-local address. */
const RECORDED = Buffer.from(
  "6c0f04ec00903afffe80000000000000505400fffe4d4fffff0200000000000000000000000000018600420e40c0000f" +
    "000000000000000003044080000000780000007800000000fd00007700000000000000000000000005010000000005dc" +
    "01015254004d4fff1f05000000000078076578616d706c65047465737400036c6162076578616d706c65047465737400" +
    "1905000000000078fd000077000000000000000000000053fe800000000000000000000000000053",
  "hex",
);
const FLAGS = 40 + 5;

const changed = (at: number, ...bytes: readonly number[]) => {
  const packet = Uint8Array.from(RECORDED);
  packet.set(bytes, at);
  return packet;
};

test("decodeRouterAdvertisement() reads flags, name servers and search domains", () => {
  assert.equal(decodeRouterAdvertisement(RECORDED), {
    managed: true,
    other: true,
    nameServers: ["fd00:77::53", "fe80::53"],
    search: ["example.test", "lab.example.test"],
  });
  assert.is(decodeRouterAdvertisement(changed(FLAGS, 0x40))?.managed, false);
  assert.is(decodeRouterAdvertisement(changed(FLAGS, 0x80))?.other, false);
});

test("decodeRouterAdvertisement() takes no name servers that the router takes back", () => {
  const at = RECORDED.indexOf(Buffer.from("1905000000000078", "hex"));
  const packet = changed(at + 4, 0, 0, 0, 0);
  assert.equal(decodeRouterAdvertisement(packet)?.nameServers, []);
});

for (const [what, packet] of [
  ["another protocol", changed(6, 17)],
  ["another message", changed(40, 135)],
  ["one that came over a router", changed(7, 254)],
  ["one from an address beyond the link", changed(8, ...(parseIpv6("fd00:77::1") ?? []))],
  ["IPv4", changed(0, 0x45)],
  ["nothing", new Uint8Array(0)],
] as const) {
  test(`decodeRouterAdvertisement() passes ${what} over`, () =>
    assert.is(decodeRouterAdvertisement(packet), undefined));
}

test("decodeRouterAdvertisement() calls options that are cut short so, and never hangs on damage", () => {
  const at = RECORDED.indexOf(Buffer.from("1905000000000078", "hex"));
  assert.throws(
    () => decodeRouterAdvertisement(changed(at + 1, 0)),
    /an option of a router advertisement is cut short/,
  );
  assert.throws(() => decodeRouterAdvertisement(changed(at + 1, 9)), /cut short/);
  assert.throws(() => decodeRouterAdvertisement(RECORDED.subarray(0, -8)), /cut short/);
  const { mutated } = mutatorOf(134);
  for (let round = 0; round < 2000; round += 1) {
    try {
      decodeRouterAdvertisement(mutated(RECORDED));
    } catch (error) {
      assert.instance(error, MondoError);
    }
  }
});

test.run();
