/** How HTTP servers ask who somebody is: Basic (RFC 7617) and Digest (RFC 7616). */

/** A way to log in that a server offers. */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly values: ReadonlyMap<string, string>;
}

/** Who logs in. */
export interface HttpLogin {
  readonly user: string;
  readonly password: string;
}

/** A request as far as a digest is made of it. */
export interface DigestedRequest {
  readonly method: string;
  /** Path and query, as they are sent. */
  readonly target: string;
  /** How often the server's number was used, from 1. */
  readonly count: number;
  /** A number of our own. */
  readonly random: string;
}

const unquoted = (text: string) => (text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, "$1") : text);

/** The challenges of a `WWW-Authenticate` header, or of several put together with commas. Pure. */
export function decodeChallenges(header: string): readonly Challenge[] {
  const found: { scheme: string; values: Map<string, string> }[] = [];
  const tokens = /([\w-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,"]*)|([\w-]+)/g;
  for (const [, name, value, scheme] of header.matchAll(tokens)) {
    if (scheme !== undefined) found.push({ scheme: scheme.toLowerCase(), values: new Map() });
    else if (name !== undefined) found.at(-1)?.values.set(name.toLowerCase(), unquoted(value ?? ""));
  }
  return found;
}

const ALGORITHMS = { md5: "md5", "md5-sess": "md5", "sha-256": "sha256", "sha-256-sess": "sha256" } as const;
const isKnown = (name: string): name is keyof typeof ALGORITHMS => name in ALGORITHMS;
const algorithmOf = ({ values }: Challenge): string => (values.get("algorithm") ?? "md5").toLowerCase();
const offersOf = ({ values }: Challenge): string[] => (values.get("qop") ?? "").toLowerCase().split(/[\s,]+/);

/** Whether this program can answer it. */
function isUsable(challenge: Challenge): boolean {
  if (challenge.scheme === "basic") return true;
  if (challenge.scheme !== "digest" || !challenge.values.has("nonce")) return false;
  const offers = offersOf(challenge);
  return isKnown(algorithmOf(challenge)) && (offers.includes("auth") || offers.join("") === "");
}

/** The best one that can be answered: the strongest digest, then the password itself. Pure. */
export function chooseChallenge(challenges: readonly Challenge[]): Challenge | undefined {
  const strength = (challenge: Challenge) =>
    challenge.scheme === "basic" ? 0 : algorithmOf(challenge).startsWith("sha") ? 2 : 1;
  return challenges.filter(isUsable).sort((a, b) => strength(b) - strength(a))[0];
}

const quoted = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;

/** The `Authorization` header that answers a challenge. Pure. */
export function encodeAuthorization(
  challenge: Challenge,
  { user, password }: HttpLogin,
  request: DigestedRequest,
): string {
  if (challenge.scheme === "basic") return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  const { values } = challenge;
  const algorithm = algorithmOf(challenge);
  const hash = (text: string) =>
    new Bun.CryptoHasher(isKnown(algorithm) ? ALGORITHMS[algorithm] : "md5").update(text).digest("hex");
  const [realm, nonce] = [values.get("realm") ?? "", values.get("nonce") ?? ""];
  const { method, target, count, random } = request;
  const plain = hash(`${user}:${realm}:${password}`);
  const secret = algorithm.endsWith("-sess") ? hash(`${plain}:${nonce}:${random}`) : plain;
  const what = hash(`${method}:${target}`);
  const counted = count.toString(16).padStart(8, "0");
  const hasQop = offersOf(challenge).includes("auth");
  const response = hash(hasQop ? `${secret}:${nonce}:${counted}:${random}:auth:${what}` : `${secret}:${nonce}:${what}`);
  const opaque = values.get("opaque");
  return `Digest ${[
    ...[`username=${quoted(user)}`, `realm=${quoted(realm)}`, `nonce=${quoted(nonce)}`, `uri=${quoted(target)}`],
    ...(values.has("algorithm") ? [`algorithm=${values.get("algorithm")}`] : []),
    ...(hasQop ? ["qop=auth", `nc=${counted}`] : []),
    ...(hasQop || algorithm.endsWith("-sess") ? [`cnonce=${quoted(random)}`] : []),
    `response=${quoted(response)}`,
    ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
  ].join(", ")}`;
}
