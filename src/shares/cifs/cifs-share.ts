import { msg } from "../../base/message.ts";
import { parseMountinfo } from "../../formats/fs/mount-tables.ts";
import { isBriefly, type MountedShare, type MountWish, type Share, type ShareDriver } from "../share-driver.ts";
import { unmountShare } from "../unmount-share.ts";
import {
  type CifsCredentials,
  type CifsPlace,
  cifsCredentials,
  cifsSource,
  decodeCredentials,
  parseCifs,
  renderCifs,
} from "./cifs-place.ts";
import { mountCifs } from "./mount-cifs.ts";

/** Where a share is mounted already, if it is. Servers and shares are the same in capitals. Pure. */
export function cifsMountPoint(mountinfo: string, place: CifsPlace): string | undefined {
  const source = cifsSource(place).toLowerCase();
  return parseMountinfo(mountinfo).find(
    (line) => /^(cifs|smb3)$/.test(line.type) && line.source.toLowerCase().replace(/\/+$/, "") === source,
  )?.path;
}

/** From the file that was named, or as a person types them. */
async function credentialsFor(place: CifsPlace, { credentials, user, person }: MountWish): Promise<CifsCredentials> {
  if (credentials) return decodeCredentials(credentials.content, credentials.place);
  const source = cifsSource(place);
  const login = place.user ?? user ?? (await person.line(msg`User on ${source} (NAME or DOMAIN\\NAME)`)).trim();
  return cifsCredentials(login, await person.secret(msg`Password of ${login} on ${source}`));
}

async function mountShare(place: CifsPlace, wish: MountWish): Promise<MountedShare> {
  const { host, modules, target, access, tries, patienceMs } = wish;
  const credentials = await credentialsFor(place, wish);
  const isBrief = isBriefly(access, patienceMs);
  await mountCifs(host, modules, { place, credentials, target, readOnly: access === "read", tries, isBrief });
  return { how: msg`read in parts`, share: cifsAt(place), unmount: async () => unmountShare(wish) };
}

function cifsAt(place: CifsPlace): Share {
  return {
    ...{ driver: cifsShare, server: place.server, text: renderCifs(place), name: cifsSource(place) },
    below: (more) => cifsAt({ ...place, path: place.path + more }),
    mountPoint: (mountinfo) => cifsMountPoint(mountinfo, place),
    mount: (wish) => mountShare(place, wish),
  };
}

/** Windows file servers, and Samba. */
export const cifsShare: ShareDriver = {
  protocol: "cifs",
  syntax: ["//SERVER/SHARE", "cifs://USER@SERVER/SHARE", "smb://USER@SERVER/SHARE"],
  takes: "files",
  credentials: "credentials",
  needs: { tools: [], modules: ["cifs"] },
  parse(text) {
    const place = parseCifs(text);
    return place && cifsAt(place);
  },
};
