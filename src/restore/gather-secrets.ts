import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Secret, Secrets } from "../base/secret.ts";
import { formatBytes } from "../base/units.ts";
import { luksSecret } from "../drivers/volume/luks-make.ts";
import { type Luks, nodesOf } from "../layout/types.ts";
import { secretsOf } from "../plan/secrets-of.ts";
import { askPhrase } from "../ui/ask-phrase.ts";
import type { RestoreContext } from "./context.ts";
import { keptKey, keptVolumes } from "./kept-keys.ts";
import { readKeyFile } from "./key-file.ts";
import { memoryBytes } from "./memory.ts";
import type { Ready } from "./prepare.ts";
import { openingKey, unsealHeaders } from "./saved-headers.ts";

/** Seconds that an unattended restore waits for a person at the keyboard. */
const PATIENCE_SECONDS = 60;

const HINT = msg`Nothing was written. Restore interactively, or give a key file with the boot word mondo.luks-key=LABEL=KEYS:/luks.key.`;

/** What a person calls the volume. */
const nameOf = (luks: Luks) => `${luks.path} (${luks.label === undefined ? "" : `${luks.label}, `}UUID ${luks.uuid})`;

/** cryptsetup silently limits a key slot to half of a machine's memory; that much must be free. */
function checkMemory({ host, reporter }: RestoreContext, luks: Luks): void {
  const pbkdf = luks.slots[0]?.pbkdf;
  if (pbkdf === undefined || pbkdf.type === "pbkdf2" || luks.header !== undefined) return;
  const [total, free] = [memoryBytes(host, "MemTotal"), memoryBytes(host, "MemAvailable")];
  const before = pbkdf.memoryKib * 1024;
  const needed = Math.min(before, total / 2);
  if (needed > free) {
    const text = msg`making a key slot of ${luks.path} takes ${formatBytes(needed)} of memory, and this machine has ${formatBytes(free)} free`;
    throw new MondoError("refused", text, { hint: msg`Nothing was written. Restore on a machine with more memory.` });
  }
  if (needed === before) return;
  const less = msg`this machine has ${formatBytes(total)}, so the new one takes less`;
  reporter.warn(msg`${luks.path}: its key slot took ${formatBytes(before)} of memory to open; ${less}`);
}

async function newKey({ ask, reporter }: RestoreContext, luks: Luks, key: Secret | undefined, previous?: Secret) {
  const complain = (text: string) => reporter.warn(text);
  return key ?? (await askPhrase(ask, msg`Pass phrase for the LUKS volume ${nameOf(luks)}`, complain, previous));
}

/** On full screens a person at the machine's keyboard is told its layout, before a pass phrase is typed blindly. */
async function checkKeyboard({ ask, keyboard }: RestoreContext): Promise<void> {
  while (ask.show && keyboard?.isUsed) {
    const answer = await ask.show({
      title: msg`The keyboard`,
      body: [
        {
          kind: "text",
          lines: [msg`A pass phrase is typed next, and is not shown: the layout of the keyboard has to be right.`],
        },
      ],
      question: {
        kind: "choice",
        text: msg`The keyboard is ${keyboard.called}. Is that right?`,
        choices: [
          { key: "on", label: msg`Yes, go on` },
          { key: "other", label: msg`Choose another layout` },
          { key: "back", label: msg`Back; nothing is written` },
        ],
        initial: "on",
      },
    });
    if (answer === "on") return;
    if (answer === "back")
      throw new MondoError("cancelled", msg`the question about the keyboard was answered with back`);
    await keyboard.choose();
  }
}

async function waitForSomebody(context: RestoreContext, luks: Luks): Promise<void> {
  const text = msg`The pass phrase of ${luks.path} is needed. Unless somebody presses a key, the restore ends in`;
  if ((await context.countdown(PATIENCE_SECONDS, text, "console")) === "stopped") return;
  throw new MondoError("refused", msg`nobody is here to give the pass phrase of the LUKS volume ${nameOf(luks)}`, {
    hint: HINT,
  });
}

/**
 * Asks for everything that opens the encrypted volumes of a plan, and those that stay and get files, before anything is
 * written; the latter's keys are tried. With `wait-for-somebody` a key must be pressed first; throws `refused` when
 * nobody does.
 */
export async function gatherSecrets(
  context: RestoreContext,
  { plan, facts }: Pick<Ready, "plan" | "facts">,
  way: "ask" | "wait-for-somebody",
): Promise<Secrets> {
  const wanted = new Set(secretsOf(plan));
  const volumes = nodesOf(context.manifest.layout, "luks").filter((luks) => wanted.has(luksSecret(luks)));
  const staying = keptVolumes(context, plan);
  const found = new Map<string, Secret>();
  const [first] = [...volumes, ...staying];
  if (!first) return found;
  for (const luks of volumes) checkMemory(context, luks);
  const { host, luksKey } = context;
  const key = luksKey === undefined ? undefined : await readKeyFile(host, luksKey, plan.disks, facts);
  if (!key && way === "wait-for-somebody") await waitForSomebody(context, first);
  if (!key) await checkKeyboard(context);
  const sealed = volumes.filter((luks) => luks.header !== undefined);
  const known = key ? [key] : [];
  if (sealed.length > 0) known.push(await unsealHeaders(context, sealed, key));
  for (const luks of volumes) {
    const secret =
      luks.header === undefined ? await newKey(context, luks, key, known[0]) : await openingKey(context, luks, known);
    found.set(luksSecret(luks), secret);
    known.unshift(secret);
  }
  for (const luks of staying) {
    const secret = await keptKey(context, { plan, facts, gathered: found }, luks, known);
    found.set(luksSecret(luks), secret);
    known.unshift(secret);
  }
  return found;
}
