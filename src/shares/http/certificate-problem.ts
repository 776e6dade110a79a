import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { cure } from "../../network/setting.ts";
import { withoutSecrets } from "../../network/web-url.ts";

const CLOCK = msg`Look at this machine's clock (date), and at the certificate on the server.`;
const UNTRUSTED = msg`is signed by an authority that is not trusted here`;

/**
 * Codes of OpenSSL, as the runtime passes them on: what follows "the certificate of SERVER", and a hint; none: trust is
 * missing.
 */
const PROBLEMS: Readonly<Record<string, readonly [says: string, hint?: string]>> = {
  CERT_HAS_EXPIRED: [msg`has expired`, CLOCK],
  CERT_NOT_YET_VALID: [msg`is not valid yet`, CLOCK],
  CERT_REVOKED: [msg`was revoked`, msg`Give the server a new one.`],
  ERR_TLS_CERT_ALTNAME_INVALID: [msg`is for another name`, msg`Name the server as its certificate does.`],
  DEPTH_ZERO_SELF_SIGNED_CERT: [msg`is signed by the server itself`],
  SELF_SIGNED_CERT_IN_CHAIN: [UNTRUSTED],
  UNABLE_TO_GET_ISSUER_CERT: [UNTRUSTED],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [UNTRUSTED],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [UNTRUSTED],
};

/** What is wrong with the certificate of a web server, if that is why a request failed. */
export function certificateProblem(url: string, error: unknown, nowMs: number): MondoError | undefined {
  const [says, hint] = PROBLEMS[(error as { code?: string }).code ?? ""] ?? [];
  if (says === undefined) return undefined;
  const server = new URL(url).host;
  const clock = hint === CLOCK ? msg` by this machine's clock (${new Date(nowMs).toISOString().slice(0, 16)} UTC)` : "";
  const message = msg`the certificate of ${server} ${says}${clock}: ${withoutSecrets(url)} is not read`;
  return new MondoError("refused", message, hint === undefined ? cure("certificates") : { hint });
}
