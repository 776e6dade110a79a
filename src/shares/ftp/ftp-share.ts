import { decodeText } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { Secret } from "../../base/secret.ts";
import type { Host } from "../../host/host.ts";
import { resolveServer } from "../../network/resolve-server.ts";
import { decodeCredentials } from "../cifs/cifs-place.ts";
import { certificateProblem } from "../http/certificate-problem.ts";
import { attachRemote } from "../remote/attach-remote.ts";
import type { RemoteTree } from "../remote/remote-tree.ts";
import type { MountedShare, MountWish, OpenStore, Share, ShareDriver, StoreWish } from "../share-driver.ts";
import type { FtpLogin } from "./ftp-connection.ts";
import { belowFtp, type FtpPlace, parseFtp, renderFtp } from "./ftp-place.ts";
import { FtpSession } from "./ftp-session.ts";
import { FtpStore } from "./ftp-store.ts";
import { FtpTree } from "./ftp-tree.ts";

const PORT = 21;
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

/** From the URL, the file that was named, or as a person types it; nobody named: the guest of all servers. */
async function whoLogsIn(
  place: FtpPlace,
  { credentials, person }: Pick<MountWish, "credentials" | "person">,
): Promise<Pick<FtpLogin, "user" | "password">> {
  if (credentials) {
    const { user, password } = decodeCredentials(credentials.content, credentials.place);
    return { user: place.user ?? user, password: decodeText(password.reveal()) };
  }
  if (place.user === undefined) return NOBODY;
  if (place.password !== undefined) return { user: place.user, password: place.password };
  const secret = await person.secret(`Password of ${place.user} on ${renderFtp(place, true)}`);
  return { user: place.user, password: decodeText(secret.reveal()) };
}

async function loginAt(place: FtpPlace, wish: Parameters<typeof whoLogsIn>[1] & { host: Host }): Promise<FtpLogin> {
  const { isEncrypted, port = PORT } = place;
  const server = place.server.replace(/[[\]]/g, "");
  // The child that serves it has no thread free to look names up.
  const address = await resolveServer(wish.host, place.server);
  return { isEncrypted, server, address, port, ...(await whoLogsIn(place, wish)) };
}

/** A password on a command line can be seen by everybody on this machine. */
async function openStore(place: FtpPlace, wish: StoreWish): Promise<OpenStore> {
  const { host, log, patienceMs } = wish;
  if (place.password !== undefined) {
    throw new MondoError("usage", `${renderFtp(place, true)}: a password in the place can be seen by others`, {
      hint: "Leave it out: it is asked for, or taken from --credentials FILE.",
    });
  }
  const login = await loginAt(place, wish);
  const own = { ...place, user: login.user };
  const session = new FtpSession(login, { host, log, patienceMs });
  const content = Secret.ofText(`username=${login.user}\npassword=${login.password}\n`);
  const credentials = { place: "the login that was given", content };
  return { store: FtpStore.at(host, login, session, own), share: ftpAt(own), credentials };
}

async function mountDirectory(place: FtpPlace, wish: MountWish): Promise<MountedShare> {
  const { host, modules, target, tries, patienceMs } = wish;
  await modules.require("fuse");
  const login = await loginAt(place, wish);
  const open: FtpWish = { login, path: place.path, openingMs: tries * TRY_MS, patienceMs };
  const share = ftpAt(place);
  const unmount = await attachRemote(host, { protocol: ftpShare.protocol, source: share.name, target, open });
  return { how: "read in parts", share, unmount };
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
      throw new MondoError("not-found", `${login.server} has no directory ${path}, or not for ${login.user}`, {
        hint: "Make it there, or give another one.",
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
