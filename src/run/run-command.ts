import { MondoError } from "../base/errors.ts";
import type { Secrets } from "../base/secret.ts";
import type { EffectOf } from "../effects/effect.ts";
import type { Host } from "../host/host.ts";
import { openChroot } from "./chroot.ts";

/** What a command needs besides its words. */
export interface CommandContext {
  readonly host: Host;
  /** Root of the restored system. */
  readonly root: string;
  readonly log: (text: string) => void;
  /** What opens encrypted volumes. */
  readonly secrets?: Secrets;
}

function inputOf({ secrets }: CommandContext, effect: EffectOf<"run">): string | Uint8Array | undefined {
  if (effect.secret === undefined) return effect.input;
  const secret = secrets?.get(effect.secret);
  if (!secret) throw new MondoError("bug", `the secret ${effect.secret} is missing`);
  return secret.reveal();
}

/** Runs a command here or in the restored system, and logs what it prints. Throws `tool-failed` when it fails. */
export async function runCommand(context: CommandContext, effect: EffectOf<"run">): Promise<void> {
  const { host, root, log } = context;
  if (effect.chroot) openChroot(host, root);
  log(`$ ${effect.chroot ? `chroot ${root} ` : ""}${effect.argv.join(" ")}`);
  const input = inputOf(context, effect);
  const result = await host.run({
    argv: effect.argv,
    ...(effect.chroot ? { chroot: root } : {}),
    ...(input === undefined ? {} : { input }),
    ...(effect.timeoutMs === undefined ? {} : { timeoutMs: effect.timeoutMs }),
    ...(effect.accept === undefined ? {} : { accept: effect.accept }),
  });
  for (const text of [result.stdout, result.stderr]) if (text.trim() !== "") log(text.trimEnd());
}
