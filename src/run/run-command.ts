import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Secrets } from "../base/secret.ts";
import type { EffectOf } from "../effects/effect.ts";
import { isBelow } from "../effects/plain-path.ts";
import type { Host } from "../host/host.ts";
import { coverCommandLine, openChroot } from "./chroot.ts";
import { keepTexts } from "./keep-texts.ts";
import { resolveBelow } from "./resolve-below.ts";

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
  if (!secret) throw new MondoError("bug", msg`the secret ${effect.secret} is missing`);
  return secret.reveal();
}

/** The words, with links in declared files of the restored system followed; in a chroot the kernel does that. */
function wordsOf({ host, root }: CommandContext, { argv, writes, reads = [], chroot }: EffectOf<"run">): string[] {
  const files = chroot ? [] : [...writes, ...reads].filter((path) => isBelow(path, root));
  return argv.map((word) => {
    const file = files.find((path) => word === path || word.endsWith(`=${path}`));
    return file === undefined ? word : `${word.slice(0, -file.length)}${resolveBelow(host, root, file)}`;
  });
}

async function runPlainly(context: CommandContext, effect: EffectOf<"run">): Promise<void> {
  const { host, root, log } = context;
  const argv = wordsOf(context, effect);
  log(`$ ${effect.chroot ? `chroot ${root} ` : ""}${argv.join(" ")}`);
  const input = inputOf(context, effect);
  const result = await host.run({
    argv,
    ...(effect.chroot ? { chroot: root } : {}),
    ...(input === undefined ? {} : { input }),
    ...(effect.timeoutMs === undefined ? {} : { timeoutMs: effect.timeoutMs }),
    ...(effect.accept === undefined ? {} : { accept: effect.accept }),
  });
  for (const text of [result.stdout, result.stderr]) if (text.trim() !== "") log(text.trimEnd());
}

/** Covers the kernel's command line where that works: without it a tool writes the wrong one, but does its work. */
function coverFor({ host, root, log }: CommandContext, { commandLine }: EffectOf<"run">): () => void {
  if (commandLine === undefined) return () => {};
  try {
    return coverCommandLine(host, root, commandLine);
  } catch (error) {
    log(`/proc/cmdline is the rescue's: ${messageOf(error)}`);
    return () => {};
  }
}

/** Runs a command here or in the restored system, and logs what it prints. Throws `tool-failed` when it fails. */
export async function runCommand(context: CommandContext, effect: EffectOf<"run">): Promise<void> {
  const { host, root, log } = context;
  if (effect.chroot) openChroot(host, root);
  const uncover = coverFor(context, effect);
  const putBack = keepTexts(host, root, effect.keeps ?? []);
  try {
    await runPlainly(context, effect);
  } finally {
    uncover();
    for (const path of putBack()) log(`put ${path} back, which ${effect.argv[0]} had changed`);
  }
}
