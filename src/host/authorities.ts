import { existsSync, readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";

/** Where the rescue has the authorities that the saved machine trusts. */
export const CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt";

/** All that a machine trusts in one file, its own ones among them, by distribution. */
export const CA_BUNDLES: readonly string[] = [
  CA_BUNDLE, // Debian, Arch, Alpine
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // Fedora, RHEL
  "/etc/pki/tls/certs/ca-bundle.crt", // older ones of them
  "/etc/ssl/ca-bundle.pem", // SUSE
  "/etc/ssl/cert.pem", // Alpine's ca-certificates-bundle
];

/** This machine's. */
export const caBundleOf = (host: { exists(path: string): boolean }): string | undefined =>
  CA_BUNDLES.find((path) => host.exists(path));

let known: readonly string[] | undefined;

/**
 * Whom this process trusts in TLS, as the children do that serve a server's directory: the runtime's authorities and
 * this machine's. `undefined`: the runtime knows them all already.
 */
export function trustedAuthorities(): readonly string[] | undefined {
  const bundle = process.env.NODE_EXTRA_CA_CERTS === undefined ? caBundleOf({ exists: existsSync }) : undefined;
  if (bundle === undefined) return undefined;
  known ??= [...rootCertificates, readFileSync(bundle, "utf8")];
  return known;
}
