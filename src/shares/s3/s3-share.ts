import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { Secret } from "../../base/secret.ts";
import type { AccessKeys } from "../../formats/network/aws-signature.ts";
import type { Host } from "../../host/host.ts";
import { httpExchange } from "../../host/http-exchange.ts";
import { attachRemote } from "../remote/attach-remote.ts";
import type { RemoteTree } from "../remote/remote-tree.ts";
import type { MountedShare, MountWish, OpenStore, Share, ShareDriver, StoreWish } from "../share-driver.ts";
import { S3Client } from "./s3-client.ts";
import { encodeKeysFile, keysFor } from "./s3-keys.ts";
import { belowS3, parseS3, type ResolvedS3, renderS3, resolveS3, type S3Place } from "./s3-place.ts";
import { S3Store } from "./s3-store.ts";
import { S3Tree } from "./s3-tree.ts";

/** What the child that serves it is to open. It goes there in a file that only root may read. */
export interface S3Wish {
  readonly place: ResolvedS3;
  readonly keys: { readonly id: string; readonly secret: string; readonly session?: string };
  /** How long the server is tried before it is mounted, and then (default: for ever). */
  readonly openingMs: number;
  readonly patienceMs?: number | undefined;
}

/** A try takes a second when nobody is there. */
const TRY_MS = 1500;

const revealed = (secret: Secret): string => new TextDecoder().decode(secret.reveal());

/** The place with its endpoint and region. Throws `usage`. */
function requireResolved(host: Pick<Host, "env">, place: S3Place): ResolvedS3 {
  const resolved = resolveS3(place, host.env);
  if (resolved) return resolved;
  throw new MondoError("usage", msg`the environment names no object store for ${renderS3(place)}`, {
    hint: msg`Give AWS_ENDPOINT_URL=https://SERVER[:PORT] and AWS_REGION=NAME, or write s3+https://REGION@SERVER/BUCKET/PREFIX.`,
  });
}

/** The environment names the server of a place that is written short: a machine without it needs the long form. */
function seenElsewhere(place: S3Place, resolved: ResolvedS3): S3Place {
  const named = resolveS3({ ...place, endpoint: undefined }, {})?.endpoint === resolved.endpoint ? place : resolved;
  return { ...named, region: resolved.region };
}

async function mountPrefix(place: S3Place, wish: MountWish): Promise<MountedShare> {
  const { host, modules, target, tries, patienceMs } = wish;
  await modules.require("fuse");
  const resolved = requireResolved(wish.ownConfiguration ? host : { env: {} }, place);
  const { id, secret, session } = await keysFor(renderS3(place), wish);
  const keys = { id, secret: revealed(secret), ...(session ? { session: revealed(session) } : {}) };
  const open: S3Wish = { place: resolved, keys, openingMs: tries * TRY_MS, patienceMs };
  const source = renderS3(place);
  const unmount = await attachRemote(host, { protocol: s3Share.protocol, source, target, open });
  return { how: msg`read in parts`, share: s3At(seenElsewhere(place, resolved)), unmount };
}

function serverOf(place: S3Place): string {
  const { endpoint } = resolveS3(place, {}) ?? place;
  return endpoint === undefined ? "amazonaws.com" : new URL(endpoint).hostname;
}

async function openStore(named: S3Place, wish: StoreWish): Promise<OpenStore> {
  const { host, log, patienceMs } = wish;
  const place = requireResolved(host, named);
  const keys = await keysFor(renderS3(place), wish);
  const client = new S3Client(place, keys, { host, exchange: httpExchange, log, patienceMs });
  const credentials = encodeKeysFile(keys, msg`the keys that were given`);
  return { store: new S3Store(client, host), share: s3At(place), credentials };
}

/** The share at a place. */
function s3At(place: S3Place): Share {
  return {
    ...{ driver: s3Share, server: serverOf(place), text: renderS3(place), name: renderS3(place) },
    below: (more) => s3At(belowS3(place, more)),
    resolve: async (host) => ({ share: s3At(seenElsewhere(place, requireResolved(host, place))) }),
    openStore: (wish) => openStore(place, wish),
    mount: (wish) => mountPrefix(place, wish),
  };
}

function openPrefix(host: Host, wish: S3Wish, log: (text: string) => void): Promise<RemoteTree> {
  const { keys, place, openingMs, patienceMs = Number.POSITIVE_INFINITY } = wish;
  const session = keys.session === undefined ? {} : { session: Secret.ofText(keys.session) };
  const known: AccessKeys = { id: keys.id, secret: Secret.ofText(keys.secret), ...session };
  const client = new S3Client(place, known, { host, exchange: httpExchange, log, patienceMs });
  return S3Tree.open(client, client.with({ patienceMs: openingMs }), { host, log });
}

/** Object stores: Amazon S3, and servers that speak as it does. */
export const s3Share: ShareDriver = {
  protocol: "s3",
  syntax: ["s3://BUCKET/PREFIX", "s3://REGION@BUCKET/PREFIX", "s3+https://SERVER:PORT/BUCKET/PREFIX"],
  takes: "objects",
  credentials: "credentials",
  needs: { tools: [], modules: ["fuse"] },
  parse(text) {
    const place = parseS3(text);
    return place && s3At(place);
  },
  openTree: (host, wish, log) => openPrefix(host, wish as S3Wish, log),
};
