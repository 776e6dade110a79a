import { decodeText } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";

/** What a search list may hold: anything else would be something else in resolv.conf. */
const DOMAIN = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;

/**
 * Domain names, each as labels with their lengths, without compression; empty ones (padding) and those that no resolver
 * takes are left out. Throws `format` when they are cut short. Source: RFC 1035, 3.1; RFC 8106, 5.2; RFC 3646, 4.
 */
export function decodeDomainNames(bytes: Uint8Array): string[] {
  const names: string[] = [];
  let labels: string[] = [];
  for (let at = 0; at < bytes.byteLength; ) {
    const length = bytes[at] ?? 0;
    if (length > 63 || at + 1 + length > bytes.byteLength) {
      throw new MondoError("format", msg`a list of domain names is cut short`);
    }
    if (length > 0) labels.push(decodeText(bytes.subarray(at + 1, at + 1 + length)));
    else {
      names.push(labels.join("."));
      labels = [];
    }
    at += 1 + length;
  }
  return names.filter((name) => DOMAIN.test(name));
}
