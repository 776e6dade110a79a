import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { postJson } from "../host/http.ts";
import { withoutSecrets } from "../network/web-url.ts";
import { bringUpNetwork } from "./network/bring-up-network.ts";
import type { Rescue } from "./rescue.ts";
import type { Mode } from "./words/mode-words.ts";

/**
 * The progress of a mode, for a server that watches a fleet. `already`: the same request restored the machine before.
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

/** HTTP's "Conflict": the server knows that this machine was restored already, or does not allow it. */
const REFUSAL = 409;

/**
 * Posts the progress of a mode to `mondo.status=`, if given. If that fails there is a warning, and the work goes on.
 * Throws `refused` when the server answers 409 to `begun`: a machine that always starts over the network is restored
 * only once.
 */
export async function postStatus(rescue: Rescue, mode: Mode, status: Status, message?: string): Promise<void> {
  const url = rescue.options.network.status ?? rescue.answers?.status;
  if (url === undefined) return;
  let code = 0;
  try {
    // A set on a disc needs no network, but posting the status does.
    if (status === "begun" && !rescue.network.card) await bringUpNetwork(rescue);
    code = await postJson(url, statusOf(rescue, mode, status, message), LIMIT_MS);
    if (code >= 400 && code !== REFUSAL) throw new Error(msg`the server answers ${code}`);
    rescue.log(`status "${status}" was posted`);
  } catch (error) {
    rescue.reporter.warn(msg`The status was not posted to ${withoutSecrets(url)}: ${messageOf(error)}`);
  }
  if (code !== REFUSAL || status !== "begun") return;
  throw new MondoError("refused", msg`${withoutSecrets(url)} does not want this machine to be restored (409)`, {
    hint: msg`Start it from its disk, or without mondo.status=. Nothing was touched.`,
  });
}
