import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../../src/base/errors.ts";
import { parseIpv6 } from "../../../../src/base/ipv6.ts";
import { clientIdOf, decodeDhcp6Message, encodeDhcp6Request } from "../../../../src/formats/network/dhcpv6.ts";
import { advertise, reply, settings } from "../../../support/dhcpv6-packets.ts";
import { mutatorOf } from "../../../support/mutate.ts";

const hardware = Uint8Array.of(0x52, 0x54, 0, 0x4d, 0x4f, 1);
const nobody = new Uint8Array(0);
const names = { nameServers: ["fd00:77::53", "fe80::53"], search: ["example.test", "lab.example.test"] };

test("decodeDhcp6Message() reads a recorded lease", () => {
  const { kind, transaction, client, addresses, renewSeconds, status, nameServers, search } = decodeDhcp6Message(reply);
  assert.equal([kind, transaction, renewSeconds, status], ["reply", 0xdd8db7, 60, 0]);
  assert.equal(client, clientIdOf(hardware));
  assert.equal(addresses, [{ bytes: parseIpv6("fd00:77::1c6"), address: "fd00:77::1c6", validSeconds: 120 }]);
  assert.equal({ nameServers, search }, names);
  assert.is(decodeDhcp6Message(advertise).kind, "advertise");
});

test("decodeDhcp6Message() reads recorded settings without an address", () => {
  const { addresses, nameServers, search } = decodeDhcp6Message(settings);
  assert.equal([addresses, { nameServers, search }], [[], names]);
});

test("decodeDhcp6Message() finds a refusal inside of the association, and takes no address that is taken back", () => {
  const refused = Uint8Array.from(advertise);
  const at = Buffer.from(refused).indexOf(Buffer.from("000d0009", "hex"));
  refused[at + 5] = 2;
  assert.is(decodeDhcp6Message(refused).status, 2);
  const gone = Uint8Array.from(reply);
  const lifetimes = Buffer.from(gone).indexOf(Buffer.from("0000007800000078", "hex"));
  gone.fill(0, lifetimes, lifetimes + 8);
  assert.equal(decodeDhcp6Message(gone).addresses, []);
});

for (const kind of ["solicit", "request", "rebind", "information"] as const) {
  test(`decodeDhcp6Message() gives back what encodeDhcp6Request() was told: ${kind}`, () => {
    const server = kind === "request" ? Uint8Array.of(0, 1, 2, 3) : nobody;
    const address = kind === "solicit" || kind === "information" ? {} : { address: parseIpv6("fd00::5") ?? nobody };
    const bytes = encodeDhcp6Request({ kind, transaction: 0x123456, hardware, server, ...address, elapsedMs: 2500 });
    const decoded = decodeDhcp6Message(bytes);
    assert.equal([decoded.kind, decoded.transaction], [kind, 0x123456]);
    assert.equal([decoded.client, decoded.server], [clientIdOf(hardware), server]);
    const hex = Buffer.from(bytes).toString("hex");
    // Elapsed time, in hundredths of a second.
    assert.ok(hex.includes("0008000200fa"));
    assert.is(/0003(000c|0028)004d4f01/.test(hex), kind !== "information");
    assert.is(hex.includes("fd000000000000000000000000000005"), "address" in address);
  });
}

test("encodeDhcp6Request() solicits as it was recorded", () => {
  const bytes = encodeDhcp6Request({ kind: "solicit", transaction: 0xe85880, hardware, server: nobody, elapsedMs: 0 });
  assert.is(
    Buffer.from(bytes).toString("hex"),
    "01e858800001000a000300015254004d4f010003000c004d4f0100000000000000000008000200000006000400170018",
  );
});

test("decodeDhcp6Message() calls what is cut short or unknown so, and never hangs on damage", () => {
  assert.throws(() => decodeDhcp6Message(nobody), /no DHCPv6 message of a known kind/);
  assert.throws(() => decodeDhcp6Message(Uint8Array.of(12, 0, 0, 0)), /no DHCPv6 message/);
  assert.throws(() => decodeDhcp6Message(reply.subarray(0, -1)), /option 23 goes beyond the end/);
  assert.throws(() => decodeDhcp6Message(reply.subarray(0, 6)), /cut short/);
  const { mutated } = mutatorOf(547);
  for (let round = 0; round < 2000; round += 1) {
    try {
      decodeDhcp6Message(mutated(advertise));
    } catch (error) {
      assert.instance(error, MondoError);
    }
  }
});

test.run();
