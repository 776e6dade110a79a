import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { decodeDhcpMessage } from "../../../src/formats/network/dhcp.ts";
import { decodeUdpPacket, encodeUdpPacket } from "../../../src/formats/network/udp-packet.ts";
import { type DhcpWire, renewLease, requestLease } from "../../../src/network/dhcp-client.ts";
import { fakeHost } from "../../support/fake-host.ts";

const hardware = Uint8Array.of(2, 0, 0, 0, 0, 1);
const SERVER = 0x0a000001;
const ADDRESS = 0x0a000032;

/** An answer to a client's message: its kind (2 offer, 5 acknowledgement, 6 refusal) and options. */
function answer(request: Uint8Array, kind: number, options: readonly number[] = []): Uint8Array {
  const payload = new Uint8Array(400);
  payload.set(request.subarray(0, 240));
  payload[0] = 2;
  new DataView(payload.buffer).setUint32(16, ADDRESS);
  payload.set([53, 1, kind, 54, 4, 10, 0, 0, 1, 51, 4, 0, 0, 0, 60, ...options, 255], 240);
  return encodeUdpPacket({ source: SERVER, destination: 0xffffffff, sourcePort: 67, destinationPort: 68, payload });
}

/** A wire whose other end answers each message with packets; every message sent is kept. */
function wireTo(serve: (payload: Uint8Array, kind: string, count: number) => readonly Uint8Array[]) {
  const sent: string[] = [];
  const waiting: Uint8Array[] = [];
  const host = fakeHost({});
  const wire: DhcpWire = {
    host,
    hardware,
    hostName: "alpha",
    socket: {
      broadcast(packet) {
        const payload = decodeUdpPacket(packet)?.payload ?? new Uint8Array(0);
        const { kind } = decodeDhcpMessage(payload);
        sent.push(kind);
        waiting.push(...serve(payload, kind, sent.length));
      },
      receive: () => waiting.shift(),
    },
  };
  return { wire, sent, host };
}

const honest = (payload: Uint8Array, kind: string) => [
  answer(payload, kind === "discover" ? 2 : 5, [1, 4, 255, 255, 255, 0]),
];

test("requestLease() discovers, requests, and gives the lease with what follows from it", async () => {
  const { wire, sent } = wireTo(honest);
  const lease = await requestLease(wire);
  assert.equal(sent, ["discover", "request"]);
  assert.equal(lease, {
    address: ADDRESS,
    netmask: 0xffffff00,
    broadcast: 0x0a0000ff,
    routes: [],
    nameServers: [],
    domain: "",
    server: SERVER,
    seconds: 60,
    renewSeconds: 30,
  });
});

test("requestLease() asks again when messages get lost, and passes over noise and others' answers", async () => {
  const { wire, sent } = wireTo((payload, kind, count) => {
    const foreign = payload.slice();
    foreign[33] = 9;
    const noise = [Uint8Array.of(1, 2, 3), answer(foreign, 2), answer(payload.slice(0, 4), 2)];
    return count < 3 ? noise : [...noise, ...honest(payload, kind)];
  });
  assert.is((await requestLease(wire)).address, ADDRESS);
  assert.equal(sent, ["discover", "discover", "discover", "request"]);
});

test("requestLease() says within 30 s that nobody answers", async () => {
  const { wire, host } = wireTo(() => []);
  const began = host.nowMs();
  const error = await requestLease(wire).catch((caught: unknown) => caught);
  assert.ok(error instanceof MondoError && error.message === "no DHCP server answers");
  assert.ok(host.nowMs() - began < 30_000);
});

test("requestLease() tells that a server refused what it had offered", async () => {
  const { wire } = wireTo((payload, kind) => [answer(payload, kind === "discover" ? 2 : 6, [56, 2, 110, 111])]);
  const error = await requestLease(wire).catch((caught: unknown) => caught);
  assert.ok(error instanceof MondoError);
  assert.match(error.message, /a server offered an address and then refused it \(no\)/);
});

test("renewLease() gives the new lease, the refusal, or nothing", async () => {
  const lease = await requestLease(wireTo(honest).wire);
  assert.is(((await renewLease(wireTo(honest).wire, lease)) as { seconds: number }).seconds, 60);
  assert.is(await renewLease(wireTo((payload) => [answer(payload, 6)]).wire, lease), "refused");
  assert.is(await renewLease(wireTo(() => []).wire, lease), undefined);
});

test.run();
