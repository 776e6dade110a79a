import type { Facts, SavedRead } from "../../src/probe/facts.ts";

function withBit(read: SavedRead, at: number, bit: number): SavedRead {
  const bytes = new Uint8Array(read.length);
  bytes.set(Buffer.from(read.base64, "base64"));
  bytes[at - read.offset] = (bytes[at - read.offset] ?? 0) | bit;
  return { ...read, base64: Buffer.from(bytes).toString("base64") };
}

/** Recorded facts with bits set in the byte at an offset of a device. */
export function withSuperblockBit(facts: Facts, device: string, at: number, bit: number): Facts {
  const holds = ({ offset, length }: SavedRead) => offset <= at && at < offset + length;
  const devices = facts.devices.map((one) =>
    one.name === device
      ? { ...one, reads: one.reads.map((read) => (holds(read) ? withBit(read, at, bit) : read)) }
      : one,
  );
  return { ...facts, devices };
}
