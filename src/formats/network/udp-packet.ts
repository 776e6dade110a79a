import { concatBytes, viewOf } from "../../base/bytes.ts";

/** A UDP datagram over IPv4. Addresses are numbers. */
export interface UdpPacket {
  readonly source: number;
  readonly destination: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

const UDP = 17;
const [IP_BYTES, UDP_BYTES] = [20, 8];

/** The Internet checksum. Source: RFC 1071. */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.byteLength; at += 2) sum += ((bytes[at] ?? 0) << 8) + (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** What UDP's checksum covers besides the datagram. Source: RFC 768. */
function pseudoHeader(source: number, destination: number, length: number): Uint8Array {
  const header = new Uint8Array(12);
  const view = viewOf(header);
  view.setUint32(0, source);
  view.setUint32(4, destination);
  view.setUint8(9, UDP);
  view.setUint16(10, length);
  return header;
}

/** The IPv4 packet of a datagram, with both checksums. Source: RFC 791, RFC 768. */
export function encodeUdpPacket({ source, destination, sourcePort, destinationPort, payload }: UdpPacket): Uint8Array {
  const bytes = new Uint8Array(IP_BYTES + UDP_BYTES + payload.byteLength);
  const view = viewOf(bytes);
  const length = UDP_BYTES + payload.byteLength;
  view.setUint8(0, 0x45);
  view.setUint16(2, bytes.byteLength);
  view.setUint8(8, 64);
  view.setUint8(9, UDP);
  view.setUint32(12, source);
  view.setUint32(16, destination);
  view.setUint16(10, checksum(bytes.subarray(0, IP_BYTES)));
  view.setUint16(IP_BYTES, sourcePort);
  view.setUint16(IP_BYTES + 2, destinationPort);
  view.setUint16(IP_BYTES + 4, length);
  bytes.set(payload, IP_BYTES + UDP_BYTES);
  const sum = checksum(concatBytes([pseudoHeader(source, destination, length), bytes.subarray(IP_BYTES)]));
  view.setUint16(IP_BYTES + 6, sum === 0 ? 0xffff : sum);
  return bytes;
}

/**
 * The datagram in an IPv4 packet; `undefined` for anything else, fragments and broken headers included. UDP's checksum
 * is not looked at: between virtual machines packets come with a partial one, which the card would have completed.
 */
export function decodeUdpPacket(bytes: Uint8Array): UdpPacket | undefined {
  if (bytes.byteLength < IP_BYTES + UDP_BYTES) return undefined;
  const view = viewOf(bytes);
  const header = (view.getUint8(0) & 15) * 4;
  const total = view.getUint16(2);
  const isWhole = (view.getUint16(6) & 0x3fff) === 0;
  if (view.getUint8(0) >> 4 !== 4 || header < IP_BYTES || view.getUint8(9) !== UDP || !isWhole) return undefined;
  if (total > bytes.byteLength || header + UDP_BYTES > total || checksum(bytes.subarray(0, header)) !== 0)
    return undefined;
  const length = view.getUint16(header + 4);
  if (length < UDP_BYTES || header + length > total) return undefined;
  return {
    source: view.getUint32(12),
    destination: view.getUint32(16),
    sourcePort: view.getUint16(header),
    destinationPort: view.getUint16(header + 2),
    payload: bytes.slice(header + UDP_BYTES, header + length),
  };
}
