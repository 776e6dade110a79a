/**
 * Answers of dnsmasq 2.90 to the card 52:54:00:4d:4f:01, recorded: a lease of 120 s, two name servers, two search
 * domains.
 */
const HEAD = "0001000a000300015254004d4f010002000e00010001329d51115254004d4fff";
const LENT = "00030028004d4f010000003c0000006900050018fd0000770000000000000000000001c60000007800000078";
const SUCCESS = "000d0009000073756363657373";
const NAMES = "00180020076578616d706c65047465737400036c6162076578616d706c650474657374000017";
const SERVERS = "0020fd000077000000000000000000000053fe800000000000000000000000000053";

const bytes = (...parts: readonly string[]): Uint8Array => Uint8Array.from(Buffer.from(parts.join(""), "hex"));

export const advertise = bytes("02e85880", HEAD, LENT, SUCCESS, "0007000100", NAMES, SERVERS);
export const reply = bytes("07dd8db7", HEAD, LENT, SUCCESS, NAMES, SERVERS);
export const settings = bytes("07dff183", HEAD, NAMES, SERVERS, "0020000400000258");

/** The same answer to another transaction, that of the message given. */
export function answering(message: Uint8Array, answer: Uint8Array): Uint8Array {
  const copy = answer.slice();
  copy.set(message.subarray(1, 4), 1);
  return copy;
}
