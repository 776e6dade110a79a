import { msg } from "../../base/message.ts";
import { parseMountinfo } from "../../formats/fs/mount-tables.ts";
import { type Service, waitForServer } from "../../network/reach.ts";
import { resolveServer } from "../../network/resolve-server.ts";
import { isBriefly, type MountedShare, type MountWish, type Share, type ShareDriver } from "../share-driver.ts";
import { unmountShare } from "../unmount-share.ts";
import { mountNfs } from "./mount-nfs.ts";

/** A directory of an NFS server. */
export interface NfsExport {
  /** A name or an address, IPv6 in brackets. */
  readonly server: string;
  readonly path: string;
}

/** NFS itself, and the portmapper of a server that has only version 3 elsewhere. */
export const NFS_SERVICE: Service = { name: msg`NFS server`, ports: [2049, 111] };

/** `SERVER:/EXPORT`; `undefined` for anything else: `USER@SERVER:/DIR` is SSH, `SCHEME://…` a URL. Pure. */
export function parseNfsExport(text: string): NfsExport | undefined {
  const [, server, path = ""] = /^(\[[0-9a-fA-F:.]+\]|[^\s:/@[\]]+):(\/(?!\/)\S*)$/.exec(text) ?? [];
  return server === undefined ? undefined : { server, path };
}

const withoutSlash = (path: string): string => path.replace(/(?<=.)\/+$/, "");

/** Where an export is mounted already, if it is. Pure. */
export function nfsMountPoint(mountinfo: string, { server, path }: NfsExport): string | undefined {
  const source = `${server}:${withoutSlash(path)}`;
  return parseMountinfo(mountinfo).find(
    (line) => /^nfs4?$/.test(line.type) && line.source.replace(/(?<=:\/.*)\/+$/, "") === source,
  )?.path;
}

/** Mounts an export by the newest version that its server speaks. */
async function mountExport(place: NfsExport, wish: MountWish): Promise<MountedShare> {
  const { host, modules, target, access, tries, patienceMs } = wish;
  const address = await resolveServer(host, place.server);
  await waitForServer(host, place.server, address, tries, NFS_SERVICE);
  const readOnly = access === "read";
  const mount = { target, readOnly, isBrief: isBriefly(access, patienceMs) };
  const version = await mountNfs(host, modules, { ...place, address }, mount);
  return { how: msg`mounted by NFS ${version}`, share: nfsAt(place), unmount: async () => unmountShare(wish) };
}

function nfsAt(place: NfsExport): Share {
  const { server, path } = place;
  return {
    ...{ driver: nfsShare, server, text: `${server}:${path}`, name: `${server}:${path.replace(/\/+$/, "")}` },
    below: (more) => (more === "" ? nfsAt(place) : nfsAt({ server, path: path.replace(/\/+$/, "") + more })),
    mountPoint: (mountinfo) => nfsMountPoint(mountinfo, place),
    mount: (wish) => mountExport(place, wish),
  };
}

/** NFS 3 to 4.2. Every image has its modules. */
export const nfsShare: ShareDriver = {
  protocol: "nfs",
  syntax: ["SERVER:/EXPORT"],
  takes: "files",
  needs: { tools: [], modules: [] },
  parse(text) {
    const place = parseNfsExport(text);
    return place && nfsAt(place);
  },
};
