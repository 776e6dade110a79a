import { existsSync, readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";

/** Own authorities of the machine, in the image and on it, besides those that the runtime brings. */
export const CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt";

let known: readonly string[] | undefined;

/**
 * Whom this process trusts in TLS, as the children do that serve a server's directory: the runtime's authorities and
 * this machine's. `undefined`: the runtime knows them all already.
 */
export function trustedAuthorities(): readonly string[] | undefined {
  if (process.env.NODE_EXTRA_CA_CERTS !== undefined || !existsSync(CA_BUNDLE)) return undefined;
  known ??= [...rootCertificates, readFileSync(CA_BUNDLE, "utf8")];
  return known;
}
