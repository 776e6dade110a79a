/** Replies and listings of FTP servers. Sources: RFC 959, 2428 (EPSV), 3659 (SIZE, MLST, REST). */

import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";

/** A server's reply: its code, and its text with line breaks. */
export interface FtpReply {
  readonly code: number;
  readonly text: string;
}

/** A reply with more is a server's that wants to fill memory. */
const MOST_REPLY_BYTES = 64 * 1024;

/** Puts replies together from what arrives. Throws `refused` for what is no reply, or has no end. */
export class FtpReplyReader {
  #text = "";
  readonly #decoder = new TextDecoder();

  /** The replies that are whole now. */
  push(bytes: Uint8Array): FtpReply[] {
    this.#text += this.#decoder.decode(bytes, { stream: true });
    const found: FtpReply[] = [];
    for (let reply = this.#take(); reply; reply = this.#take()) found.push(reply);
    if (this.#text.length > MOST_REPLY_BYTES) throw new MondoError("refused", msg`the FTP server's reply has no end`);
    return found;
  }

  #take(): FtpReply | undefined {
    const [, code, sign] = /^(\d{3})([ -])/.exec(this.#text) ?? [];
    const lineEnd = this.#text.indexOf("\n");
    if (lineEnd < 0) return undefined;
    if (code === undefined) {
      // An empty line between replies; anything else speaks another protocol.
      if (this.#text.slice(0, lineEnd).trim() === "") {
        this.#text = this.#text.slice(lineEnd + 1);
        return this.#take();
      }
      throw new MondoError("refused", msg`what answers there is no FTP server`);
    }
    const end = sign === " " ? lineEnd : this.#lastLine(code);
    if (end < 0) return undefined;
    const text = this.#text.slice(4, end).replace(/\r/g, "");
    this.#text = this.#text.slice(end + 1);
    return { code: Number(code), text };
  }

  /** Where the last line of a reply of several ends: it begins with the code and a blank. */
  #lastLine(code: string): number {
    const start = this.#text.indexOf(`\n${code} `);
    return start < 0 ? -1 : this.#text.indexOf("\n", start + 1);
  }
}

/** The port in the answer to EPSV, `(|||PORT|)`; `undefined` for none. Pure. */
export function decodeEpsv(text: string): number | undefined {
  const port = Number(/\((.)\1\1(\d{1,5})\1\)/.exec(text)?.[2] ?? 0);
  return port > 0 && port < 65_536 ? port : undefined;
}

/**
 * The port in the answer to PASV, `h1,h2,h3,h4,p1,p2`; `undefined` for none. The address in it is not looked at: a
 * server must not send its clients elsewhere. Pure.
 */
export function decodePasv(text: string): number | undefined {
  const numbers = /(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})/.exec(text)?.slice(1).map(Number);
  if (!numbers || numbers.some((number) => number > 255)) return undefined;
  const port = (numbers[4] ?? 0) * 256 + (numbers[5] ?? 0);
  return port > 0 ? port : undefined;
}

/** The names in a listing, of MLSD (`facts; name`) or NLST (a name or path in each line), but for . and .. Pure. */
export function decodeNames(text: string, kind: "mlsd" | "nlst"): string[] {
  const names = text.split(/\r?\n/).flatMap((line) => {
    if (line === "") return [];
    if (kind === "nlst") return [line.slice(line.lastIndexOf("/") + 1)];
    const blank = line.indexOf(" ");
    return blank < 0 || /type=[cp]dir/i.test(line.slice(0, blank)) ? [] : [line.slice(blank + 1)];
  });
  return [...new Set(names)].filter((name) => isFtpName(name) && name !== "." && name !== "..");
}

/** Something in a directory. */
export interface FtpEntry {
  readonly name: string;
  readonly isDirectory: boolean;
  readonly sizeBytes: number;
}

const isBelow = ({ name }: FtpEntry) => isFtpName(name) && name !== "." && name !== "..";

function mlsdEntry(line: string): FtpEntry | undefined {
  const blank = line.indexOf(" ");
  const [facts, name] = [line.slice(0, Math.max(0, blank)), line.slice(blank + 1)];
  const type = /(?:^|;)type=([^;]*)/i.exec(facts)?.[1]?.toLowerCase();
  const size = /(?:^|;)size=(\d{1,15})(?:;|$)/i.exec(facts)?.[1];
  if (type === "dir" || type === "cdir" || type === "pdir") {
    return { name: type === "dir" ? name : ".", isDirectory: true, sizeBytes: 0 };
  }
  return type === "file" && size !== undefined ? { name, isDirectory: false, sizeBytes: Number(size) } : undefined;
}

/** As `ls -l` shows it, of a file or a directory. */
const LONG = /^([d-])[rwxsStTlL-]{9}[.+@]?\s+\d+\s+\S+\s+\S+\s+(\d{1,15})\s+\S+\s+\d{1,2}\.?\s+\d{1,2}:?\d{2}\s(.+)$/;
/** As DOS did. */
const DOS = /^\d{2}-\d{2}-(?:\d{2}|\d{4})\s+\d{1,2}:\d{2}(?:\s?[AP]M)?\s+(?:(<DIR>)|(\d{1,15}))\s+(.+)$/i;

/** A line as `ls -l` or DOS has it; `undefined` for anything but files and directories. Pure. */
export function decodeLongEntry(line: string): FtpEntry | undefined {
  const [, kind, size, name] = LONG.exec(line) ?? [];
  if (name !== undefined) return { name, isDirectory: kind === "d", sizeBytes: kind === "d" ? 0 : Number(size) };
  const [, directory, bytes = "0", dosName] = DOS.exec(line) ?? [];
  if (dosName === undefined) return undefined;
  return { name: dosName, isDirectory: directory !== undefined, sizeBytes: Number(bytes) };
}

/**
 * The files and directories in a listing of MLSD or LIST, but for . and ..; `undefined` where a line of it says
 * something else, which nobody may guess at. Pure.
 */
export function decodeEntries(text: string, kind: "mlsd" | "list"): FtpEntry[] | undefined {
  const lines = text.split(/\r?\n/).filter((line) => line !== "" && !(kind === "list" && /^total \d+$/i.test(line)));
  const entries = lines.map(kind === "mlsd" ? mlsdEntry : decodeLongEntry);
  return entries.every((entry) => entry !== undefined) ? entries.filter(isBelow) : undefined;
}

/** Whether a name can be sent: it must not end the command that it stands in. Pure. */
export const isFtpName = (name: string): boolean => name !== "" && !/[\0\r\n/]/.test(name);

/** The directory that PWD tells, in quotes. Pure. */
export function decodePwd(text: string): string | undefined {
  return /"((?:[^"]|"")*)"/.exec(text)?.[1]?.replaceAll('""', '"');
}
