import { MondoError, messageOf } from "../base/errors.ts";
import { postJson } from "../host/http.ts";
import { withoutSecrets } from "../network/web-url.ts";
import { bringUpNetwork } from "./medium/bring-up-network.ts";
import type { Rescue } from "./rescue.ts";
import type { Mode } from "./words/mode-words.ts";

/**
 * How far a mode is: what a fleet's overseer wants to know. `already`: the machine was restored by this request before.
 */
export type Status = "begun" | "already" | "done" | "stopped" | "differences" | "failed";

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

/** HTTP's "Conflict": the overseer knows that this machine was restored already, or doesn't want it to be. */
const REFUSAL = 409;

/**
 * Posts how far a mode is to `mondo.status=`, if it was given. A failure to do so is told, and changes nothing. Throws
 * `refused` when the server answers 409 to `begun`: so a machine that starts over the network again and again is not
 * restored again and again.
 */
export async function postStatus(rescue: Rescue, mode: Mode, status: Status, message?: string): Promise<void> {
  const url = rescue.options.network.status ?? rescue.answers?.status;
  if (url === undefined) return;
  let code = 0;
  try {
    // A set on a disc needs no network, but whoever waits for news of it does.
    if (status === "begun" && !rescue.network.card) await bringUpNetwork(rescue);
    code = await postJson(url, statusOf(rescue, mode, status, message), LIMIT_MS);
    if (code >= 400 && code !== REFUSAL) throw new Error(`the server answers ${code}`);
    rescue.log(`status "${status}" was posted`);
  } catch (error) {
    rescue.reporter.warn(`The status was not posted to ${withoutSecrets(url)}: ${messageOf(error)}`);
  }
  if (code !== REFUSAL || status !== "begun") return;
  throw new MondoError("refused", `${withoutSecrets(url)} does not want this machine to be restored (409)`, {
    hint: "Start it from its disk, or without mondo.status=. Nothing was touched.",
  });
}
