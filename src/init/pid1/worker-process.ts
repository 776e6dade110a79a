import { bootLanguage } from "../../base/language.ts";
import { msg } from "../../base/message.ts";
import { CA_BUNDLE } from "../../host/authorities.ts";
import type { Host } from "../../host/host.ts";
import { ARCHIVE_ENVIRONMENT } from "../../host/restart.ts";
import { selfPath } from "../../host/self.ts";
import { describeExit, spawnSession } from "../../host/spawn.ts";
import { LOG_PATH, RUN_DIRECTORY, tailOf } from "../../ui/rescue-log.ts";

export const WORKER_ROLE = "MONDO_ROLE";
const WORKER_OUTPUT = `${RUN_DIRECTORY}/worker.log`;

/** Starts this executable again as the worker. Returns its process id. */
export function startWorker(host: Host): number {
  return spawnSession({
    path: host.realPath(selfPath()) ?? "/init",
    argv: ["init"],
    env: {
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      HOME: "/root",
      [WORKER_ROLE]: "worker",
      ...bootLanguage(host.env),
      // The runtime knows the public certificate authorities; the saved machine may have its own.
      ...(host.exists(CA_BUNDLE) ? { NODE_EXTRA_CA_CERTS: CA_BUNDLE } : {}),
      ...ARCHIVE_ENVIRONMENT,
    },
    outputFile: WORKER_OUTPUT,
  });
}

/** The text for a person when the worker has ended by itself: how it ended, and the end of its logs. */
export function explainDeath(host: Host, status: number): string {
  const last = [...tailOf(host, LOG_PATH, 8), ...tailOf(host, WORKER_OUTPUT, 12)];
  return [
    msg`\nThe rescue program ${describeExit(status)}. All its programs were ended: nothing more is written to the disks.`,
    msg`Last lines of ${LOG_PATH} and ${WORKER_OUTPUT}:`,
    ...last.map((line) => `  | ${line.slice(0, 160)}`),
    "",
  ].join("\n");
}
