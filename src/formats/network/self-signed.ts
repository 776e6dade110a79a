/** A certificate that a server makes for itself, in DER. Source: RFC 5280, 4.1; X.690 (DER). */
import { concatBytes, encodeText } from "../../base/bytes.ts";
import { parseIpv4 } from "../../base/ipv4.ts";
import { parseIpv6 } from "../../base/ipv6.ts";

/** What a certificate says. */
export interface CertificateFacts {
  /** The public key as SubjectPublicKeyInfo, in DER: on the curve P-256. */
  readonly publicKey: Uint8Array;
  /** The common name of owner and issuer. */
  readonly name: string;
  /** IPv4 and IPv6 addresses that it holds for. */
  readonly addresses: readonly string[];
  /** Unix times, in milliseconds. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** 16 random bytes. */
  readonly serial: Uint8Array;
}

const [INTEGER, BIT_STRING, OCTET_STRING, OID, UTF8, SEQUENCE, SET] = [0x02, 0x03, 0x04, 0x06, 0x0c, 0x30, 0x31];
const GENERALIZED_TIME = 0x18;
const BOOLEAN = 0x01;

/** Objects by name. Sources: RFC 5758, 3.2 (ecdsa-with-SHA256); RFC 5280, appendix A (commonName, extensions). */
const ECDSA_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const COMMON_NAME = [0x55, 0x04, 0x03];
const ALTERNATIVE_NAME = [0x55, 0x1d, 0x11];
const BASIC_CONSTRAINTS = [0x55, 0x1d, 0x13];

/** Lengths up to 127 take one byte, others say first how many they take. */
function lengthOf(bytes: number): number[] {
  if (bytes < 0x80) return [bytes];
  const parts: number[] = [];
  for (let rest = bytes; rest > 0; rest = Math.floor(rest / 256)) parts.unshift(rest % 256);
  return [0x80 | parts.length, ...parts];
}

function tagged(tag: number, ...contents: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const content = concatBytes(contents.map((part) => Uint8Array.from(part)));
  return concatBytes([Uint8Array.from([tag, ...lengthOf(content.length)]), content]);
}

const context = (number: number, constructed: boolean) => 0x80 | (constructed ? 0x20 : 0) | number;
const nameOf = (name: string) =>
  tagged(SEQUENCE, tagged(SET, tagged(SEQUENCE, tagged(OID, COMMON_NAME), tagged(UTF8, encodeText(name)))));

/** `YYYYMMDDHHMMSSZ`. */
function timeOf(ms: number): Uint8Array {
  const text = new Date(ms)
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replace(/[-:T]/g, "");
  return tagged(GENERALIZED_TIME, encodeText(text));
}

/** 4 or 16 bytes. */
function addressBytes(address: string): Uint8Array {
  const number = parseIpv4(address) ?? 0;
  return parseIpv6(address) ?? Uint8Array.from([24, 16, 8, 0], (shift) => (number >>> shift) & 0xff);
}

function extensionsOf(addresses: readonly string[]): Uint8Array {
  // Of no authority: it signs nothing but itself.
  const constraints = tagged(
    SEQUENCE,
    tagged(OID, BASIC_CONSTRAINTS),
    tagged(BOOLEAN, [0xff]),
    tagged(OCTET_STRING, tagged(SEQUENCE)),
  );
  const names = addresses.map((address) => tagged(context(7, false), addressBytes(address)));
  const alternative = tagged(SEQUENCE, tagged(OID, ALTERNATIVE_NAME), tagged(OCTET_STRING, tagged(SEQUENCE, ...names)));
  return tagged(context(3, true), tagged(SEQUENCE, constraints, ...(names.length > 0 ? [alternative] : [])));
}

/** The certificate in DER; `sign` gives the ECDSA signature with SHA-256 of its bytes, in DER. */
export function selfSigned(facts: CertificateFacts, sign: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  const algorithm = tagged(SEQUENCE, tagged(OID, ECDSA_SHA256));
  const name = nameOf(facts.name);
  // A number is positive when its first bit is 0, and has no needless byte when its first one is not.
  const serial = Uint8Array.from([0x40 | ((facts.serial[0] ?? 0) & 0x3f), ...facts.serial.subarray(1)]);
  const signed = tagged(
    SEQUENCE,
    tagged(context(0, true), tagged(INTEGER, [2])),
    tagged(INTEGER, serial),
    algorithm,
    name,
    tagged(SEQUENCE, timeOf(facts.fromMs), timeOf(facts.untilMs)),
    name,
    facts.publicKey,
    extensionsOf(facts.addresses),
  );
  return tagged(SEQUENCE, signed, algorithm, tagged(BIT_STRING, [0], sign(signed)));
}
