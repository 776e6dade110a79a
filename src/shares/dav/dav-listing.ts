import { decodeText, encodeText } from "../../base/bytes.ts";
import { msg } from "../../base/message.ts";
import { type DavEntry, decodeMultistatus, PROPFIND_BODY } from "../../formats/network/webdav.ts";
import { isFileName } from "../remote/file-name.ts";
import type { DavClient } from "./dav-client.ts";

const GONE = 404;
const IS_MULTISTATUS = 207;
async function propfind(client: DavClient, path: string, depth: "0" | "1"): Promise<readonly DavEntry[] | undefined> {
  let found: readonly DavEntry[] | undefined;
  const headers = { depth, "content-type": "application/xml; charset=utf-8" };
  const body = { bytes: encodeText(PROPFIND_BODY) };
  const what = `${depth === "0" ? msg`look at` : msg`list`} ${path}`;
  const answer = await client.ask(
    { method: "PROPFIND", path, headers, body, what, accept: [GONE] },
    ({ status, bytes }) => {
      found = status === IS_MULTISTATUS ? decodeMultistatus(decodeText(bytes)) : undefined;
      return found !== undefined;
    },
  );
  return answer.status === GONE ? undefined : (found ?? []);
}

/** What is known of something on the server; `undefined`: it is not there. */
export async function statOn(client: DavClient, path: string): Promise<DavEntry | undefined> {
  // Asked for itself, it has one answer, whatever its server calls it.
  return (await propfind(client, path, "0"))?.[0];
}

/** What is in a directory, by name; `undefined`: there is none. Whatever lies elsewhere is left out. */
export async function entriesOn(client: DavClient, path: string): Promise<ReadonlyMap<string, DavEntry> | undefined> {
  const start = `${path.replace(/\/+$/, "")}/`;
  const found = await propfind(client, start, "1");
  const inside = found?.filter((entry) => entry.path.startsWith(start) && isFileName(entry.path.slice(start.length)));
  return inside && new Map(inside.map((entry) => [entry.path.slice(start.length), entry]));
}
