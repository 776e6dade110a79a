import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { type Dhcp6Kind, decodeDhcp6Message } from "../../../src/formats/network/dhcpv6.ts";
import { type Dhcp6Wire, renewLease6, requestLease6, requestSettings6 } from "../../../src/network/dhcp6-client.ts";
import { keepLease } from "../../../src/network/keep-lease.ts";
import { advertise, answering, reply, settings } from "../../support/dhcpv6-packets.ts";
import { fakeHost } from "../../support/fake-host.ts";

const hardware = Uint8Array.of(0x52, 0x54, 0, 0x4d, 0x4f, 1);
/** No address is left for this client. Source: RFC 8415, 21.13. */
const NO_ADDRESS = 2;

function refusing(answer: Uint8Array): Uint8Array {
  const copy = answer.slice();
  copy[Buffer.from(copy).indexOf(Buffer.from("000d0009", "hex")) + 5] = NO_ADDRESS;
  return copy;
}

/** A wire whose other end answers each message with packets; the kinds that were sent are kept. */
function wireTo(serve: (message: Uint8Array, kind: Dhcp6Kind, count: number) => readonly Uint8Array[]) {
  const sent: Dhcp6Kind[] = [];
  const waiting: Uint8Array[] = [];
  const host = fakeHost({});
  const wire: Dhcp6Wire = {
    host,
    hardware,
    socket: {
      send(message, address, port) {
        assert.equal([Buffer.from(address).toString("hex"), port], ["ff020000000000000000000000010002", 547]);
        const { kind } = decodeDhcp6Message(message);
        sent.push(kind);
        waiting.push(...serve(message, kind, sent.length));
        return true;
      },
      receive: () => waiting.shift(),
    },
  };
  return { wire, sent, host };
}

const honest = (message: Uint8Array, kind: Dhcp6Kind) => [
  answering(message, kind === "solicit" ? advertise : kind === "information" ? settings : reply),
];

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.catch((caught: unknown) => caught);
  assert.instance(error, MondoError);
  return (error as MondoError).message;
}

test("requestLease6() solicits, requests, and gives the lease with what follows from it", async () => {
  const { wire, sent } = wireTo(honest);
  const { address, seconds, renewSeconds, nameServers, search } = await requestLease6(wire);
  assert.equal(sent, ["solicit", "request"]);
  assert.equal([address, seconds, renewSeconds], ["fd00:77::1c6", 120, 60]);
  assert.equal(
    [nameServers, search],
    [
      ["fd00:77::53", "fe80::53"],
      ["example.test", "lab.example.test"],
    ],
  );
});

test("requestLease6() asks again when messages get lost, and passes over noise and others' answers", async () => {
  const { wire, sent } = wireTo((message, kind, count) => {
    const foreign = answering(message, advertise);
    foreign[17] = 9;
    const noise = [Uint8Array.of(1, 2, 3), foreign, advertise, reply];
    return count < 3 ? noise : [...noise, ...honest(message, kind)];
  });
  assert.is((await requestLease6(wire)).address, "fd00:77::1c6");
  assert.equal(sent, ["solicit", "solicit", "solicit", "request"]);
});

test("requestLease6() says within 30 s that nobody answers, has no address left, or takes its offer back", async () => {
  const { wire, host } = wireTo(() => []);
  const began = host.nowMs();
  assert.is(await refusal(requestLease6(wire)), "no DHCPv6 server answers");
  assert.ok(host.nowMs() - began < 30_000);
  const full = wireTo((message) => [answering(message, refusing(advertise))]).wire;
  assert.is(await refusal(requestLease6(full)), "the DHCPv6 server has no address for this machine");
  const fickle = wireTo((message, kind) => [answering(message, kind === "solicit" ? advertise : refusing(reply))]).wire;
  assert.is(await refusal(requestLease6(fickle)), "a DHCPv6 server offered an address and then refused it");
  const mute = wireTo((message, kind) => (kind === "solicit" ? [answering(message, advertise)] : [])).wire;
  assert.is(await refusal(requestLease6(mute)), "a DHCPv6 server offered an address and then fell silent");
});

test("renewLease6() gives the new lease, the refusal, or nothing", async () => {
  const lease = await requestLease6(wireTo(honest).wire);
  const { wire, sent } = wireTo(honest);
  assert.is(((await renewLease6(wire, lease)) as { seconds: number }).seconds, 120);
  assert.equal(sent, ["rebind"]);
  const refuses = wireTo((message) => [answering(message, refusing(reply))]).wire;
  assert.is(await renewLease6(refuses, lease), "refused");
  assert.is(await renewLease6(wireTo(() => []).wire, lease), undefined);
});

test("requestSettings6() asks for name servers alone", async () => {
  const { wire, sent } = wireTo(honest);
  assert.equal((await requestSettings6(wire))?.nameServers, ["fd00:77::53", "fe80::53"]);
  assert.equal(sent, ["information"]);
  assert.is(await requestSettings6(wireTo(() => []).wire), undefined);
});

test("keepLease() renews an IPv6 address in time, until it is stopped", async () => {
  const { wire, sent, host } = wireTo(honest);
  const lease = await requestLease6(wire);
  const log: string[] = [];
  let stop = () => {};
  await new Promise<void>((close) => {
    const renew = async (old: typeof lease) => {
      if (log.length === 1) stop();
      return log.length === 0 ? renewLease6(wire, old) : undefined;
    };
    stop = keepLease(host, { name: lease.address, first: lease, renew, close }, (text) => void log.push(text));
  });
  assert.equal(log, [
    "DHCP: fd00:77::1c6 renewed for 120 s",
    "DHCP: fd00:77::1c6 was not renewed (no answer); it is kept",
  ]);
  assert.equal(sent, ["solicit", "request", "rebind"]);
});

test.run();
