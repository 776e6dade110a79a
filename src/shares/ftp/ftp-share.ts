import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import { resolveServer } from "../../network/resolve-server.ts";
import { certificateProblem } from "../http/certificate-problem.ts";
import { credentialsFor, loginOf, requireNoPassword } from "../login-url.ts";
import { attachRemote } from "../remote/attach-remote.ts";
import type { RemoteTree } from "../remote/remote-tree.ts";
import type { MountedShare, MountWish, OpenStore, Share, ShareDriver, StoreWish } from "../share-driver.ts";
import type { FtpLogin } from "./ftp-connection.ts";
import { belowFtp, FTP_PORT, type FtpPlace, parseFtp, renderFtp, urlOfFtp } from "./ftp-place.ts";
import { FtpSession } from "./ftp-session.ts";
import { FtpStore } from "./ftp-store.ts";
import { FtpTree } from "./ftp-tree.ts";

const TRY_MS = 5000;
/** Who has no account, as every server knows them. Source: RFC 1635. */
const NOBODY = { user: "anonymous", password: "mondo@" } as const;

/** What the child that serves it is to open. */
export interface FtpWish {
  readonly login: FtpLogin;
  readonly path: string;
  readonly openingMs: number;
  readonly patienceMs?: number | undefined;
}

/** How somebody logs in, or nobody. */
interface Entrance {
  readonly login: FtpLogin;
  readonly isNobody: boolean;
}

async function loginAt(place: FtpPlace, wish: Pick<MountWish, "host" | "credentials" | "person">): Promise<Entrance> {
  const { isEncrypted, port = FTP_PORT } = place;
  const server = place.server.replace(/[[\]]/g, "");
  // The child that serves it has no thread free to look names up.
  const address = await resolveServer(wish.host, place.server);
  const who = await loginOf(place, renderFtp(place, true), wish);
  return { login: { isEncrypted, server, address, port, ...(who ?? NOBODY) }, isNobody: who === undefined };
}

async function openStore(place: FtpPlace, wish: StoreWish): Promise<OpenStore> {
  const { host, log, patienceMs } = wish;
  requireNoPassword(urlOfFtp(place));
  const { login, isNobody } = await loginAt(place, wish);
  // Who reads it again as nobody is asked for no password.
  const own = isNobody ? place : { ...place, user: login.user };
  const session = new FtpSession(login, { host, log, patienceMs });
  const credentials = isNobody ? {} : { credentials: credentialsFor(login) };
  const store = FtpStore.at(host, login, session, own);
  return { store, share: ftpAt(own), close: () => session.close(), ...credentials };
}

async function mountDirectory(place: FtpPlace, wish: MountWish): Promise<MountedShare> {
  const { host, modules, target, tries, patienceMs } = wish;
  await modules.require("fuse");
  const { login } = await loginAt(place, wish);
  const open: FtpWish = { login, path: place.path, openingMs: tries * TRY_MS, patienceMs };
  const share = ftpAt(place);
  const unmount = await attachRemote(host, { protocol: ftpShare.protocol, source: share.name, target, open });
  return { how: msg`read in parts`, share, unmount };
}

function ftpAt(place: FtpPlace): Share {
  return {
    ...{ driver: ftpShare, server: place.server, text: renderFtp(place), name: renderFtp(place, true) },
    below: (more) => ftpAt(belowFtp(place, more)),
    openStore: (wish) => openStore(place, wish),
    mount: (wish) => mountDirectory(place, wish),
  };
}

/** The first connection tells what is wrong with name, password, certificate and directory. */
async function openDirectory(host: Host, wish: FtpWish, log: (text: string) => void): Promise<RemoteTree> {
  const { login, path, openingMs, patienceMs = Number.POSITIVE_INFINITY } = wish;
  const name = `${login.server}:${login.port}`;
  const first = new FtpSession(login, { host, log, patienceMs: openingMs });
  try {
    const stat = await new FtpTree(first, path).stat("");
    if (!stat?.isDirectory) {
      throw new MondoError("not-found", msg`${login.server} has no directory ${path}, or not for ${login.user}`, {
        hint: msg`Make it there, or give another one.`,
      });
    }
  } catch (error) {
    throw certificateProblem(`ftps://${name}`, error, host.nowMs()) ?? error;
  } finally {
    first.close();
  }
  return new FtpTree(first.with({ patienceMs }), path);
}

/** FTP servers, also by TLS. They have no way to cut a file. */
export const ftpShare: ShareDriver = {
  protocol: "ftp",
  syntax: ["ftp://USER@SERVER/DIR", "ftps://USER@SERVER:PORT/DIR"],
  takes: "objects",
  credentials: "credentials",
  needs: { tools: [], modules: ["fuse"] },
  parse(text) {
    const place = parseFtp(text);
    return place && ftpAt(place);
  },
  openTree: (host, wish, log) => openDirectory(host, wish as FtpWish, log),
};
