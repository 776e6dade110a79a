import { decodeText } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { decodeEntries, decodeNames, type FtpEntry } from "../../formats/network/ftp.ts";
import { REMOTE_ERRNO } from "../remote/remote-tree.ts";
import { type FtpConnection, FtpLost, isGood, refusedBy } from "./ftp-connection.ts";
import { sizeOn } from "./ftp-size.ts";

/** A directory of sets has some thousand names; a listing that is longer is not read to its end. */
const MOST_LIST_BYTES = 16 << 20;

/** The names in a directory: by MLSD where the server has it. */
export async function namesOn(connection: FtpConnection, absolute: string): Promise<readonly string[]> {
  const what = msg`list ${absolute}`;
  // A path in an argument may be taken for a pattern, or an option.
  await connection.must(what, "CWD", absolute);
  if (connection.features.has("MLST")) return namesBy(connection, what, "mlsd", "MLSD");
  try {
    // Without the option some leave out what begins with a dot; some don't know it.
    return await namesBy(connection, what, "nlst", "NLST", "-a");
  } catch (error) {
    if (!(error instanceof MondoError) || error.code === "refused") throw error;
    return namesBy(connection, what, "nlst", "NLST");
  }
}

/**
 * What is in a directory, with sizes: by MLSD where the server has it, by LIST where that is plain, else by asking for
 * each name.
 */
export async function entriesOn(connection: FtpConnection, absolute: string): Promise<readonly FtpEntry[]> {
  const what = msg`list ${absolute}`;
  await connection.must(what, "CWD", absolute);
  const kind = connection.features.has("MLST") ? "mlsd" : "list";
  const entries = decodeEntries(await listingBy(connection, what, kind === "mlsd" ? "MLSD" : "LIST"), kind);
  if (entries) return entries;
  const found: FtpEntry[] = [];
  for (const name of await namesOn(connection, absolute)) {
    const sizeBytes = await sizeOn(connection, `${absolute.replace(/\/$/, "")}/${name}`);
    found.push({ name, isDirectory: sizeBytes === undefined, sizeBytes: sizeBytes ?? 0 });
  }
  return found;
}

/** Whether there is such a directory. Throws for one that the server does not let in, as far as it says so. */
export async function isDirectoryOn(connection: FtpConnection, absolute: string): Promise<boolean> {
  const reply = await connection.command("CWD", absolute);
  if (isGood(reply)) return true;
  const refusal = refusedBy(reply, msg`look into ${absolute}`);
  if (reply.code === 550 && refusal.data.errno === REMOTE_ERRNO.notFound) return false;
  throw refusal;
}

/** Whether there is such a file, as far as its directory lists it. */
export async function isListedOn(connection: FtpConnection, absolute: string): Promise<boolean> {
  const at = absolute.lastIndexOf("/");
  const directory = absolute.slice(0, at) || "/";
  if (!(await isDirectoryOn(connection, directory))) return false;
  return (await entriesOn(connection, directory)).some(({ name }) => name === absolute.slice(at + 1));
}

async function namesBy(
  connection: FtpConnection,
  what: string,
  kind: "mlsd" | "nlst",
  ...command: readonly string[]
): Promise<readonly string[]> {
  return decodeNames(await listingBy(connection, what, ...command), kind);
}

async function listingBy(connection: FtpConnection, what: string, ...command: readonly string[]): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    const data = await connection.transfer(what, 0, ...command);
    for (let part = await readPart(data); part; part = await readPart(data)) {
      parts.push(part);
      bytes += part.byteLength;
      if (bytes <= MOST_LIST_BYTES) continue;
      data.close();
      connection.close();
      throw new MondoError("refused", msg`${what}: it has more names than a directory of backups can have`);
    }
    await connection.ended(what);
  } catch (error) {
    if (isOfEmpty(error)) return "";
    throw error;
  }
  return decodeText(Buffer.concat(parts));
}

/** "No files found": some refuse to list a directory that is empty. A refusal that says anything else is none. */
function isOfEmpty(error: unknown): boolean {
  if (!(error instanceof MondoError)) return false;
  const { reply, said } = error.data;
  return (reply === 550 || reply === 450) && /\bno files?\b|\bempty\b/i.test(`${said}`);
}

async function readPart(data: { read(): Promise<Uint8Array | undefined> }): Promise<Uint8Array | undefined> {
  try {
    return await data.read();
  } catch (error) {
    throw new FtpLost(String(error));
  }
}
