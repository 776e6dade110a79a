import { decodeText } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { decodeEntries, decodeNames, type FtpEntry } from "../../formats/network/ftp.ts";
import { type FtpConnection, FtpLost } from "./ftp-connection.ts";
import { sizeOn } from "./ftp-size.ts";

/** A directory of sets has some thousand names; a listing that is longer is not read to its end. */
const MOST_LIST_BYTES = 16 << 20;

/** The names in a directory: by MLSD where the server has it. */
export async function namesOn(connection: FtpConnection, absolute: string): Promise<readonly string[]> {
  const what = `list ${absolute}`;
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
  const what = `list ${absolute}`;
  await connection.must(what, "CWD", absolute);
  const kind = connection.features.has("MLST") ? "mlsd" : "list";
  const entries = decodeEntries(await listingBy(connection, what, kind === "mlsd" ? "MLSD" : "LIST"), kind);
  if (entries) return entries;
  const found: FtpEntry[] = [];
  for (const name of await namesOn(connection, absolute)) {
    const sizeBytes = await sizeOn(connection, `${absolute}/${name}`);
    found.push({ name, isDirectory: sizeBytes === undefined, sizeBytes: sizeBytes ?? 0 });
  }
  return found;
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
      throw new MondoError("refused", `${what}: it has more names than a directory of backups can have`);
    }
    await connection.ended(what);
  } catch (error) {
    // Some say this of a directory that is empty.
    if (/^(NLST|LIST)$/.test(command.join()) && error instanceof MondoError && error.data.errno === 2) return "";
    throw error;
  }
  return decodeText(Buffer.concat(parts));
}

async function readPart(data: { read(): Promise<Uint8Array | undefined> }): Promise<Uint8Array | undefined> {
  try {
    return await data.read();
  } catch (error) {
    throw new FtpLost(String(error));
  }
}
