import { msg } from "../../base/message.ts";
import { type FtpConnection, refusedBy } from "./ftp-connection.ts";

/** The size that the server tells of a file; undefined: it is none. */
export async function sizeOn(connection: FtpConnection, absolute: string): Promise<number | undefined> {
  const reply = await connection.command("SIZE", absolute);
  const size = /^\s*(\d{1,15})\s*$/.exec(reply.text)?.[1];
  if (reply.code === 213 && size !== undefined) return Number(size);
  if (reply.code >= 400 && reply.code !== 550 && reply.code !== 553) throw refusedBy(reply, msg`ask for ${absolute}`);
  return undefined;
}
