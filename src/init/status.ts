import { messageOf } from "../base/errors.ts";
import { postJson } from "../host/http.ts";
import type { Mode } from "./cmdline.ts";
import { withoutSecrets } from "./network/http-file.ts";
import type { Rescue } from "./rescue.ts";

/** How far a mode is: what a fleet's overseer wants to know. */
export type Status = "begun" | "done" | "stopped" | "differences" | "failed";

const LIMIT_MS = 5000;

/** Pure: what is posted. */
export function statusOf(
  { manifest, network, options }: Pick<Rescue, "manifest" | "network" | "options">,
  mode: Mode,
  status: Status,
  message?: string,
): object {
  return {
    status,
    mode,
    ...(manifest ? { host: manifest.host.name, set: manifest.set } : {}),
    ...(network.wishes.prefix === undefined ? {} : { prefix: network.wishes.prefix }),
    ...(options.network.bootMac === undefined ? {} : { mac: options.network.bootMac }),
    ...(message === undefined ? {} : { message }),
  };
}

/** Posts how far a mode is to `mondo.status=`, if it was given. A failure to do so is told, and changes nothing. */
export async function postStatus(rescue: Rescue, mode: Mode, status: Status, message?: string): Promise<void> {
  const url = rescue.options.network.status;
  if (url === undefined) return;
  try {
    const code = await postJson(url, statusOf(rescue, mode, status, message), LIMIT_MS);
    if (code >= 400) throw new Error(`the server answers ${code}`);
    rescue.log(`status "${status}" was posted`);
  } catch (error) {
    rescue.reporter.warn(`The status was not posted to ${withoutSecrets(url)}: ${messageOf(error)}`);
  }
}
