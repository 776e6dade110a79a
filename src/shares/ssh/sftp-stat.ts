import { msg } from "../../base/message.ts";
import { SFTP_STATUS } from "../../formats/network/sftp.ts";
import type { RemoteStat } from "../remote/remote-tree.ts";
import { expectKind, type SftpConnection } from "./sftp-connection.ts";

const TYPE_MASK = 0o170000;
const DIRECTORY = 0o040000;

/** `undefined`: there is no such thing. */
export async function statOn(connection: SftpConnection, absolute: string): Promise<RemoteStat | undefined> {
  const answer = await connection.request("stat", [absolute]);
  if (answer.kind === "status" && answer.code === SFTP_STATUS.noSuchFile) return undefined;
  const { permissions, sizeBytes, mtimeSeconds } = expectKind(answer, "attributes", msg`stat ${absolute}`).attributes;
  return { isDirectory: (permissions & TYPE_MASK) === DIRECTORY, sizeBytes, mtimeSeconds };
}
