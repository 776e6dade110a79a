import { MondoError, messageOf } from "../../base/errors.ts";
import { decodeNbdRequest, encodeNbdReply, NBD_REQUEST_BYTES, type NbdRequest } from "../../formats/nbd.ts";
import type { Host } from "../../host/host.ts";
import { fetchPart } from "../../host/http.ts";
import { runNbdDevice } from "../../host/nbd-device.ts";
import { selfCommand } from "../../host/self.ts";
import { spawnSession, waitFor } from "../../host/spawn.ts";
import { sendSignal } from "../../host/syscalls.ts";
import { serveUnixSocket, type UnixConnection } from "../../host/unix-server.ts";
import { RUN_DIRECTORY } from "../log.ts";
import { HttpFile } from "./http-file.ts";

/** First word of this program when it is started as one of the children here. */
export const HTTP_DISK_TASK = "http-disk-task";
/** The disk that a file on a web server becomes. */
export const HTTP_DISK = "/dev/nbd0";
const SYSFS = "/sys/block/nbd0";
const EIO = 5;
const EPERM = 1;
const AT = {
  /** The URL may hold a password: it never stands on a command line. */
  url: `${RUN_DIRECTORY}/http-source.url`,
  socket: `${RUN_DIRECTORY}/http-source.sock`,
  answer: `${RUN_DIRECTORY}/http-source.json`,
  log: `${RUN_DIRECTORY}/http-source.log`,
} as const;
/** All tries to open, each with its own limit. */
const OPEN_MS = 28_000;
const DISK_MS = 20_000;
const POLL_MS = 50;

type Answer = { readonly sizeBytes: number } | { readonly error: string; readonly hint?: string };

/** Answers the kernel's requests on one connection; reads may overlap. */
class NbdConversation {
  #pending = new Uint8Array(0);
  readonly #file: HttpFile;
  readonly #log: (text: string) => void;

  constructor(file: HttpFile, log: (text: string) => void) {
    this.#file = file;
    this.#log = log;
  }

  receive(connection: UnixConnection, bytes: Uint8Array): void {
    const all = new Uint8Array(this.#pending.byteLength + bytes.byteLength);
    all.set(this.#pending);
    all.set(bytes, this.#pending.byteLength);
    let at = 0;
    for (let request = decodeNbdRequest(all); request; request = decodeNbdRequest(all.subarray(at))) {
      at += NBD_REQUEST_BYTES;
      void this.#answer(connection, request);
    }
    this.#pending = all.slice(at);
  }

  async #answer(connection: UnixConnection, { kind, handle, offset, length }: NbdRequest): Promise<void> {
    if (kind === "disconnect") return;
    if (kind === "other") {
      connection.send(encodeNbdReply(handle, EPERM));
      return;
    }
    try {
      const bytes = new Uint8Array(length);
      bytes.set(await this.#file.read(offset, length));
      connection.send(encodeNbdReply(handle, 0));
      connection.send(bytes);
    } catch (error) {
      this.#log(messageOf(error));
      connection.send(encodeNbdReply(handle, EIO));
    }
  }
}

/** A child's work: reads the web server's file for the kernel, until it is ended. Tells in a file how big it is, or what is wrong. */
async function serveHttpDisk(host: Host, tries: number): Promise<void> {
  const log = (text: string) => host.append(AT.log, `${text}\n`);
  const answer = (value: Answer) => host.write(AT.answer, JSON.stringify(value), 0o600);
  try {
    const url = host.readText(AT.url).trim();
    const file = await HttpFile.open({ host, fetchPart, log }, url, tries);
    host.remove(AT.socket);
    const conversation = new NbdConversation(file, log);
    serveUnixSocket(
      AT.socket,
      (connection, bytes) => conversation.receive(connection, bytes),
      () => log("the disk is closed"),
    );
    answer({ sizeBytes: file.sizeBytes });
  } catch (error) {
    const hint = error instanceof MondoError ? error.hint : undefined;
    answer({ error: messageOf(error), ...(hint === undefined ? {} : { hint }) });
    return;
  }
  for (;;) await host.sleep(3_600_000);
}

/** What the children do: `server TRIES` reads the web server, `disk BYTES` is the disk itself until it is taken away. */
export async function runHttpDiskTask(host: Host, [what, number]: readonly string[]): Promise<void> {
  if (what === "disk") runNbdDevice(HTTP_DISK, AT.socket, Number(number));
  else await serveHttpDisk(host, Number(number));
}

function startChild(words: readonly string[]): number {
  const argv = selfCommand([HTTP_DISK_TASK, ...words]);
  return spawnSession({
    path: argv[0] ?? "",
    argv,
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
    outputFile: AT.log,
  });
}

/** Waits for `look` to answer while a child lives. */
async function waitWhile<T>(
  host: Host,
  pid: number,
  limitMs: number,
  look: () => T | undefined,
): Promise<T | undefined> {
  const end = host.nowMs() + limitMs;
  for (;;) {
    const found = look();
    if (found !== undefined || host.nowMs() > end || waitFor(pid)) return found ?? look();
    await host.sleep(POLL_MS);
  }
}

const KILL = 9;
const sizeOf = (host: Host) => Number(host.tryReadText(`${SYSFS}/size`) ?? "0");

/** Ends children, and with them the disk. */
async function detach(host: Host, pids: readonly number[]): Promise<void> {
  for (const pid of pids) sendSignal(pid, KILL);
  const end = host.nowMs() + DISK_MS;
  while (host.nowMs() < end && sizeOf(host) > 0) await host.sleep(POLL_MS);
  for (const pid of pids) waitFor(pid);
}

async function startServer(host: Host, tries: number, pids: number[]): Promise<number> {
  const pid = startChild(["server", String(tries)]);
  pids.push(pid);
  const text = await waitWhile(host, pid, OPEN_MS, () => host.tryReadText(AT.answer));
  const silence: Answer = { error: "the web server does not answer" };
  const answer = text === undefined ? silence : (JSON.parse(text) as Answer);
  if ("sizeBytes" in answer) return answer.sizeBytes;
  const hint = answer.hint ?? "Look at the web server, and at its address in mondo.source=.";
  throw new MondoError("not-found", answer.error, { hint });
}

async function startDisk(host: Host, sizeBytes: number, pids: number[]): Promise<void> {
  const pid = startChild(["disk", String(sizeBytes)]);
  pids.push(pid);
  if (await waitWhile(host, pid, DISK_MS, () => (sizeOf(host) > 0 ? true : undefined))) {
    host.poke(`${SYSFS}/queue/read_ahead_kb`, "4096\n");
    return;
  }
  const why = (host.tryReadText(AT.log) ?? "").trim().split("\n").at(-1) ?? "";
  throw new MondoError("system", `the kernel makes no disk of the web server's file: ${why}`);
}

/**
 * Makes a disk of a file on a web server: HTTP_DISK. It lives in children of its own, so that reads go on when this program
 * waits; what is returned takes it away. Needs the module nbd. Throws one sentence within half a minute.
 */
export async function attachHttpDisk(host: Host, url: string, tries: number): Promise<() => Promise<void>> {
  host.makeDirectory(RUN_DIRECTORY, 0o700);
  host.write(AT.url, url, 0o600);
  host.remove(AT.answer);
  const pids: number[] = [];
  try {
    await startDisk(host, await startServer(host, tries, pids), pids);
    return () => detach(host, pids);
  } catch (error) {
    await detach(host, pids);
    throw error;
  }
}
