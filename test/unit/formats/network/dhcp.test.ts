import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../../src/base/errors.ts";
import { type DhcpRequest, decodeDhcpMessage, encodeDhcpRequest } from "../../../../src/formats/network/dhcp.ts";
import { decodeUdpPacket, encodeUdpPacket } from "../../../../src/formats/network/udp-packet.ts";

const request: DhcpRequest = {
  kind: "request",
  transaction: 0xdeadbeef,
  hardware: Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56),
  clientAddress: 0,
  requestedAddress: 0x0a4d0032,
  server: 0x0a4d0001,
  hostName: "alpha",
  elapsedSeconds: 3,
};

/** A message with these options, given as numbers. */
function message(options: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(240 + options.length);
  bytes[0] = 2;
  new DataView(bytes.buffer).setUint32(236, 0x63825363);
  bytes.set(options, 240);
  return bytes;
}

test("decodeDhcpMessage() gives back what encodeDhcpRequest() was told", () => {
  const bytes = encodeDhcpRequest(request);
  assert.ok(bytes.byteLength >= 300);
  const decoded = decodeDhcpMessage(bytes);
  const { kind, transaction, hardware, requestedAddress, server, hostName, fromServer } = decoded;
  assert.equal({ ...request, kind, transaction, hardware, requestedAddress, server, hostName }, request);
  assert.is(fromServer, false);
});

test("encodeDhcpRequest() asks for an answer by broadcast only as long as there is no address", () => {
  const flags = (bytes: Uint8Array) => new DataView(bytes.buffer).getUint16(10);
  assert.is(flags(encodeDhcpRequest(request)), 0x8000);
  assert.is(flags(encodeDhcpRequest({ ...request, clientAddress: 0x0a4d0032 })), 0);
});

test("decodeDhcpMessage() reads classless routes of every width", () => {
  const routes = [121, 19, 0, 10, 0, 0, 1, 24, 192, 168, 7, 10, 0, 0, 2, 12, 172, 16, 0, 0, 0, 0];
  routes[1] = routes.length - 2;
  const decoded = decodeDhcpMessage(message([53, 1, 5, ...routes, 255]));
  assert.equal(decoded.routes, [
    { destination: 0, netmask: 0, gateway: 0x0a000001 },
    { destination: 0xc0a80700, netmask: 0xffffff00, gateway: 0x0a000002 },
    { destination: 0xac100000, netmask: 0xfff00000, gateway: 0 },
  ]);
});

test("decodeDhcpMessage() joins an option that comes in two parts, and takes no control characters from text", () => {
  const decoded = decodeDhcpMessage(message([53, 1, 2, 15, 3, 101, 120, 97, 15, 3, 10, 109, 112, 255]));
  assert.is(decoded.domain, "examp");
});

const broken: readonly (readonly [says: string, bytes: Uint8Array])[] = [
  ["a message that is cut short", message([53, 1, 5]).subarray(0, 239)],
  ["an option beyond the end", message([53, 1, 5, 3, 8, 1, 2])],
  ["a message without its kind", message([1, 4, 255, 255, 255, 0, 255])],
  ["classless routes that are cut short", message([53, 1, 5, 121, 3, 24, 10, 0, 255])],
  ["a route wider than an address", message([53, 1, 5, 121, 10, 33, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255])],
];
for (const [says, bytes] of broken) {
  test(`decodeDhcpMessage() refuses ${says}`, () => {
    assert.throws(
      () => decodeDhcpMessage(bytes),
      (error: unknown) => error instanceof MondoError && error.code === "format",
    );
  });
}

test("decodeDhcpMessage() and decodeUdpPacket() answer noise with a format error or nothing", () => {
  for (let round = 0; round < 2000; round += 1) {
    const noise = crypto.getRandomValues(new Uint8Array(240 + (round % 200)));
    new DataView(noise.buffer).setUint32(236, 0x63825363);
    try {
      decodeDhcpMessage(noise);
    } catch (error) {
      assert.ok(error instanceof MondoError && error.code === "format", String(error));
    }
    decodeUdpPacket(noise.subarray(0, round % 64));
  }
});

test("decodeUdpPacket() gives back what encodeUdpPacket() was told", () => {
  for (const length of [0, 1, 300]) {
    const packet = {
      source: 0,
      destination: 0xffffffff,
      sourcePort: 68,
      destinationPort: 67,
      payload: crypto.getRandomValues(new Uint8Array(length)),
    };
    const bytes = encodeUdpPacket(packet);
    assert.equal(decodeUdpPacket(bytes), packet);
    bytes[8] = 1;
    assert.is(decodeUdpPacket(bytes), undefined, "the header's checksum is looked at");
  }
});

test.run();
