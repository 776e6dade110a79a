import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { HttpLogin } from "../../formats/network/http-login.ts";
import type { Host } from "../../host/host.ts";
import { httpExchange } from "../../host/http-exchange.ts";
import { credentialsFor, loginOf, requireNoPassword } from "../login-url.ts";
import { attachRemote } from "../remote/attach-remote.ts";
import type { RemoteTree } from "../remote/remote-tree.ts";
import type { MountedShare, MountWish, OpenStore, Share, ShareDriver, StoreWish } from "../share-driver.ts";
import { DavClient } from "./dav-client.ts";
import { belowDav, type DavPlace, originOf, parseDav, renderDav } from "./dav-place.ts";
import { DavStore } from "./dav-store.ts";
import { DavTree } from "./dav-tree.ts";

/** A try takes a second when nobody is there. */
const TRY_MS = 1500;

/** What the child that serves it is to open. It goes there in a file that only root may read. */
export interface DavWish {
  readonly place: DavPlace;
  readonly login: HttpLogin | undefined;
  readonly openingMs: number;
  readonly patienceMs?: number | undefined;
}

async function openStore(place: DavPlace, wish: StoreWish): Promise<OpenStore> {
  const { host, log, patienceMs } = wish;
  requireNoPassword(place);
  const login = await loginOf(place, renderDav(place, true), wish);
  const own = login ? { ...place, user: login.user } : place;
  const client = new DavClient({ origin: originOf(own), login }, { host, exchange: httpExchange, log, patienceMs });
  const store = DavStore.at(host, client, own);
  return { store, share: davAt(own), ...(login ? { credentials: credentialsFor(login) } : {}) };
}

async function mountDirectory(place: DavPlace, wish: MountWish): Promise<MountedShare> {
  const { host, modules, target, tries, patienceMs } = wish;
  await modules.require("fuse");
  const share = davAt(place);
  const login = await loginOf(place, share.name, wish);
  const open: DavWish = { place, login, openingMs: tries * TRY_MS, patienceMs };
  const unmount = await attachRemote(host, { protocol: davShare.protocol, source: share.name, target, open });
  return { how: msg`read in parts`, share, unmount };
}

function davAt(place: DavPlace): Share {
  return {
    ...{ driver: davShare, server: place.server, text: renderDav(place), name: renderDav(place, true) },
    below: (more) => davAt(belowDav(place, more)),
    openStore: (wish) => openStore(place, wish),
    mount: (wish) => mountDirectory(place, wish),
  };
}

/** The first answer tells what is wrong with name, password, certificate and directory. */
async function openDirectory(host: Host, wish: DavWish, log: (text: string) => void): Promise<RemoteTree> {
  const { place, login, openingMs, patienceMs = Number.POSITIVE_INFINITY } = wish;
  const client = new DavClient({ origin: originOf(place), login }, { host, exchange: httpExchange, log, patienceMs });
  const stat = await new DavTree(client.with({ patienceMs: openingMs }), place.path, { host, log }).stat("");
  if (stat?.isDirectory) return new DavTree(client, place.path, { host, log, patienceMs });
  throw new MondoError("not-found", msg`${renderDav(place, true)} is no directory on the server`, {
    hint: msg`Make it there, or give another one.`,
    data: { setting: "share" },
  });
}

/** WebDAV servers, also by TLS. */
export const davShare: ShareDriver = {
  protocol: "dav",
  syntax: ["davs://USER@SERVER/DIR", "dav://USER@SERVER:PORT/DIR"],
  takes: "objects",
  credentials: "credentials",
  needs: { tools: [], modules: ["fuse"] },
  parse(text) {
    const place = parseDav(text);
    return place && davAt(place);
  },
  openTree: (host, wish, log) => openDirectory(host, wish as DavWish, log),
};
