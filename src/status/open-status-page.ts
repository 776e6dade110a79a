import { messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import { formatBytes } from "../base/units.ts";
import { selfSigned } from "../formats/network/self-signed.ts";
import type { Host } from "../host/host.ts";
import {
  newServerKey,
  ownAddresses,
  type PageServer,
  type PageSite,
  randomOf,
  serveHttps,
} from "../host/serve-https.ts";
import { statusAnswers } from "./status-answers.ts";
import { newStatusBoard, type StatusBoard } from "./status-board.ts";
import { newStatusDesk, type StatusDesk } from "./status-desk.ts";

/** Where the page is when nobody says. */
export const STATUS_PORT = 8443;
const DAY_MS = 86_400_000;
const SECTOR_BYTES = 512;
/** Devices that are no disks of their own. */
const NO_DISK = /^(loop|ram|zram|sr|fd|dm-|md|nbd)/;

/** A port that can be listened on; `undefined` for anything else. */
export function parsePort(text: string): number | undefined {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) < 65_536 ? Number(text) : undefined;
}

/** The disks of this machine, a line each: `/dev/sda  20.0 GiB  QEMU HARDDISK`. */
export function diskLines(host: Pick<Host, "list" | "tryReadText">): string[] {
  const read = (name: string, file: string) => (host.tryReadText(`/sys/block/${name}/${file}`) ?? "").trim();
  return host
    .list("/sys/block")
    .filter((name) => !NO_DISK.test(name))
    .map(
      (name) =>
        `/dev/${name}  ${formatBytes(Number(read(name, "size")) * SECTOR_BYTES)}  ${read(name, "device/model")}`,
    )
    .map((line) => line.trimEnd());
}

/** Browsers that look on ask every five seconds for what is new. */
const LAST_LOOK_MS = 15_000;
/** What was asked for last is on its way. */
const SENT_MS = 500;

/** A page that is served, or will be once there is a network. */
export interface StatusPage extends Pick<StatusBoard, "reporter" | "begin" | "end" | "said" | "resume"> {
  /** Where questions are left for browsers. */
  readonly desk: StatusDesk;
  /** Begins to serve, and tells where. When that fails there is a warning, and the work goes on. */
  serve(shown: Pick<Reporter, "step" | "info" | "warn">): void;
  /** What is shown now is the last: waits until every browser that looks on has it, at most 15 s. */
  finish(): Promise<void>;
  close(): void;
}

/** A new key, and its certificate for these addresses. Clocks of machines that were just switched on may be wrong. */
export function newIdentity(addresses: readonly string[], nowMs: number): Pick<PageSite, "key" | "certificate"> {
  const key = newServerKey();
  const facts = { publicKey: key.publicKey, name: "mondo", addresses, serial: randomOf(16) };
  const times = { fromMs: nowMs - 365 * DAY_MS, untilMs: nowMs + 365 * DAY_MS };
  return { key, certificate: selfSigned({ ...facts, ...times }, key.sign) };
}

const inUrl = (address: string) => (address.includes(":") ? `[${address}]` : address);

/** A page about the work of this process. What `serve` is given shows the code: it goes into no log. */
export function newStatusPage(host: Host, port: number): StatusPage {
  const board = newStatusBoard(host.nowMs, () => diskLines(host));
  const desk = newStatusDesk();
  let server: PageServer | undefined;
  let waiting = () => 0;
  return {
    ...board,
    desk,
    serve(shown) {
      if (server) return;
      try {
        const showCode = (code: string) => shown.step(msg`Status page: the code for a browser is ${code}`);
        const answers = statusAnswers({
          ...{ facts: board.facts, desk, nowMs: host.nowMs, random: randomOf },
          showCode,
        });
        waiting = answers.waiting;
        const addresses = ownAddresses();
        server = serveHttps({ port, ...newIdentity(addresses, host.nowMs()) }, answers.answer);
        const places = addresses.map((address) => `https://${inUrl(address)}:${server?.port}/`);
        shown.step(msg`Status page: ${places.length > 0 ? places.join(" ") : `port ${server.port}`}`);
        showCode(answers.firstCode);
        shown.info(msg`SHA-256 of its certificate: ${server.fingerprint}`);
      } catch (error) {
        shown.warn(msg`There is no status page: port ${port} can't be used (${messageOf(error)})`);
      }
    },
    async finish() {
      board.finish();
      if (waiting() === 0) return;
      const end = host.nowMs() + LAST_LOOK_MS;
      while (waiting() > 0 && host.nowMs() < end) await host.sleep(SENT_MS);
      await host.sleep(SENT_MS);
    },
    close() {
      server?.stop();
      server = undefined;
    },
  };
}
