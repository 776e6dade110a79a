import { encodeAws } from "../../formats/network/aws-signature.ts";

/** What lies in a bucket below a prefix. */
export interface S3Place {
  /** `https://HOST[:PORT]`; undefined: Amazon's, or what the environment names. */
  readonly endpoint: string | undefined;
  /** Undefined: as the environment says, else us-east-1, which most servers of one's own take. */
  readonly region: string | undefined;
  readonly bucket: string;
  /** Keys below it begin with `PREFIX/`; "" for the whole bucket. */
  readonly prefix: string;
}

/** A place whose endpoint and region are known. */
export interface ResolvedS3 extends S3Place {
  readonly endpoint: string;
  readonly region: string;
}

const SHORT = /^s3:\/\/(?:([A-Za-z0-9-]+)@)?([A-Za-z0-9][A-Za-z0-9._-]{1,254})(?:\/(.*))?$/;
const LONG =
  /^s3\+(https?):\/\/(?:([A-Za-z0-9-]+)@)?((?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?)\/([A-Za-z0-9][A-Za-z0-9._-]{1,254})(?:\/(.*))?$/;

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Without slashes at the ends; `undefined` for one that no path can have. */
function prefixOf(text: string): string | undefined {
  const prefix = decoded(text)?.replace(/^\/+|\/+$/g, "");
  const isOdd = prefix?.split("/").some((part) => part === "." || part === ".." || (part === "" && prefix !== ""));
  return prefix === undefined || isOdd || /\p{Cc}/u.test(prefix) || /[\s?#]/.test(text) ? undefined : prefix;
}

/**
 * `s3://[REGION@]BUCKET[/PREFIX]`, or with a server of one's own `s3+https://[REGION@]SERVER[:PORT]/BUCKET[/PREFIX]`
 * (`s3+http` without TLS), blanks and the like written as %20; `undefined` for anything else. Pure.
 */
export function parseS3(text: string): S3Place | undefined {
  const [, shortRegion, shortBucket, shortRest = ""] = SHORT.exec(text) ?? [];
  const [, scheme, longRegion, server, longBucket, longRest = ""] = LONG.exec(text) ?? [];
  const bucket = shortBucket ?? longBucket;
  const prefix = prefixOf(shortBucket === undefined ? longRest : shortRest);
  if (bucket === undefined || prefix === undefined) return undefined;
  const endpoint = server === undefined ? undefined : `${scheme}://${server}`;
  if (endpoint !== undefined && !URL.canParse(endpoint)) return undefined;
  return { endpoint, region: shortRegion ?? longRegion, bucket, prefix };
}

/** The text that `parseS3` understands as this. Pure. */
export function renderS3({ endpoint, region, bucket, prefix }: S3Place): string {
  const at = region === undefined ? "" : `${region}@`;
  const path = prefix === "" ? bucket : `${bucket}/${prefix.split("/").map(encodeAws).join("/")}`;
  return endpoint === undefined ? `s3://${at}${path}` : `s3+${endpoint.replace("://", `://${at}`)}/${path}`;
}

/** A directory below (`/DIR`, or nothing). Pure. */
export function belowS3<P extends S3Place>(place: P, more: string): P {
  return { ...place, prefix: [place.prefix, ...more.split("/")].filter((part) => part !== "").join("/") };
}

/** Pure: endpoint and region as words, environment (that of Amazon's own tools) and custom have them. */
export function resolveS3(place: S3Place, env: Readonly<Record<string, string | undefined>>): ResolvedS3 | undefined {
  const region = place.region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION || "us-east-1");
  const named = place.endpoint ?? (env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || undefined);
  const endpoint = named?.replace(/\/+$/, "") ?? amazon(region);
  const isUrl = /^https?:\/\/[^\s/?#@]+$/.test(endpoint) && URL.canParse(endpoint);
  return isUrl && /^[A-Za-z0-9-]+$/.test(region) ? { ...place, endpoint, region } : undefined;
}

const amazon = (region: string): string => `https://s3.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;

/**
 * The URL of an object. Amazon wants the bucket in the server's name, where its certificate covers that; servers of
 * one's own want it in the path. Pure.
 */
export function urlOfKey({ endpoint, region, bucket }: ResolvedS3, key: string): string {
  const path = key.split("/").map(encodeAws).join("/");
  if (endpoint !== amazon(region) || /[._A-Z]/.test(bucket)) return `${endpoint}/${bucket}/${path}`;
  return `${endpoint.replace("https://", `https://${bucket}.`)}/${path}`;
}
