import { parseMountinfo } from "../../formats/fs/mount-tables.ts";
import type { Host } from "../../host/host.ts";
import { ownIpConf } from "../../network/own-address.ts";
import { resolveServer } from "../../network/task.ts";
import { personOnTerminal } from "../person-on-terminal.ts";
import {
  KERNEL_LOADS,
  type MountedShare,
  SHARE_DIRECTORY,
  type ShareKind,
  TRIES,
  whileMounted,
} from "../share-driver.ts";
import { type CifsPlace, cifsCredentials, cifsSource, parseCifs, renderCifs } from "./cifs-place.ts";
import { mountCifs } from "./mount-cifs.ts";

/** Where the share is mounted already, if it is. Servers and shares are the same in capitals. Pure. */
export function mountPointOf(mountinfo: string, place: CifsPlace): string | undefined {
  const source = cifsSource(place).toLowerCase();
  return parseMountinfo(mountinfo).find(
    (line) => /^(cifs|smb3)$/.test(line.type) && line.source.toLowerCase().replace(/\/+$/, "") === source,
  )?.path;
}

/** Does work with a share of a Windows or Samba server: where it is mounted, or mounted for that long, with a password that is typed. */
async function withCifs<T>(host: Host, place: CifsPlace, work: (mounted: MountedShare) => Promise<T>): Promise<T> {
  const ipconf = ownIpConf(host, await resolveServer(host, place.server));
  const archived = (below: string) => ({ source: renderCifs({ ...place, path: place.path + below }) });
  const there = mountPointOf(host.readText("/proc/self/mountinfo"), place);
  if (there !== undefined) return work({ directory: there, ipconf, archived });
  // As mount.cifs(8) has it.
  const user = place.user ?? host.env.USER ?? "root";
  const password = await personOnTerminal(host).secret(`Password of ${user} on ${cifsSource(place)}`);
  const credentials = cifsCredentials(user, password);
  await mountCifs(host, KERNEL_LOADS, { place, credentials, target: SHARE_DIRECTORY, readOnly: false, tries: TRIES });
  return whileMounted(host, () => work({ directory: SHARE_DIRECTORY, ipconf, archived }));
}

/** Windows file servers, and Samba. */
export const cifsShare: ShareKind = {
  syntax: "//SERVER/SHARE",
  decode(text) {
    const place = parseCifs(text);
    return place && ((host, work) => withCifs(host, place, work));
  },
};
