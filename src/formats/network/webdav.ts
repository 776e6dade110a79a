/** What WebDAV servers answer with. Source: RFC 4918. */
import { childrenNamed, parsePlainXml, textIn, type XmlElement } from "./plain-xml.ts";

/** Asks for what `decodeMultistatus` reads. */
export const PROPFIND_BODY =
  '<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/><getlastmodified/></prop></propfind>';

/** Something on a server. */
export interface DavEntry {
  /** Decoded, without a slash at its end. */
  readonly path: string;
  readonly isDirectory: boolean;
  readonly sizeBytes: number;
  readonly mtimeSeconds: number;
}

/** The path of a reference, which is one or a URL; `undefined` for what is neither. */
function pathOf(reference: string): string | undefined {
  const path = /^(?:https?:\/\/[^/]*)?(\/[^?#]*)/i.exec(reference.trim())?.[1];
  try {
    return path === undefined ? undefined : decodeURIComponent(path).replace(/(?<=.)\/+$/, "");
  } catch {
    return undefined;
  }
}

/** What is known of a resource; others are left out. */
function entryOf(response: XmlElement): DavEntry[] {
  const path = pathOf(textIn(response, "href") ?? "");
  // Of properties that it does not have, a server speaks in a part of its own.
  const found = childrenNamed(response, "propstat").filter((part) =>
    /\s2\d\d(\s|$)/.test(textIn(part, "status") ?? ""),
  );
  const properties = found.flatMap((part) => childrenNamed(part, "prop"));
  const value = (name: string) => properties.map((one) => textIn(one, name)).find((text) => text !== undefined);
  const types = properties.flatMap((one) => childrenNamed(one, "resourcetype"));
  const isDirectory = types.some((type) => childrenNamed(type, "collection").length > 0);
  const length = value("getcontentlength")?.trim() ?? "";
  if (path === undefined || properties.length === 0) return [];
  if (!isDirectory && !/^\d{1,15}$/.test(length)) return [];
  const changed = Date.parse(value("getlastmodified") ?? "") / 1000;
  const mtimeSeconds = Number.isFinite(changed) ? changed : 0;
  return [{ path, isDirectory, sizeBytes: isDirectory ? 0 : Number(length), mtimeSeconds }];
}

/** The answer to a PROPFIND; `undefined`: it is none. Pure. */
export function decodeMultistatus(document: string): readonly DavEntry[] | undefined {
  const root = parsePlainXml(document);
  return root?.name === "multistatus" ? childrenNamed(root, "response").flatMap(entryOf) : undefined;
}
