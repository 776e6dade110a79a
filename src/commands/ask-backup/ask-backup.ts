import { listTapeDrives } from "../../archive/tape/tape-devices.ts";
import { foundLoaders } from "../../backup/require-loader.ts";
import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { formatBytes } from "../../base/units.ts";
import { burnersIn } from "../../discs/burners.ts";
import type { Host } from "../../host/host.ts";
import { probeMachine } from "../../probe/probe.ts";
import { readDevices } from "../../probe/read-devices.ts";
import type { Ask, Choice } from "../../ui/ask.ts";
import { present } from "../../ui/present.ts";
import { jobWords } from "../config/job-words.ts";
import { CONFIG, type Config, type ConfigJob, readConfig } from "../config/read-config.ts";
import type { ParsedWords } from "../parse.ts";
import {
  type Field,
  type Form,
  fieldsOf,
  firstForm,
  isJobName,
  type MachineSeen,
  withAnswer,
  wordsOf,
} from "./form.ts";
import { fieldScreen, formScreen } from "./form-screens.ts";
import { jobText, lineOf } from "./render-words.ts";

/** Who asks, and what of. */
export interface AskingBackup {
  readonly host: Host;
  readonly ask: Ask;
  readonly say: (line: string) => void;
  readonly warn: (line: string) => void;
}

/** What was decided: words of `mondo archive`, and the job that they are of, if they are one's. */
export interface DecidedBackup {
  readonly words: ParsedWords;
  readonly job?: string;
}

const NO_WORDS: ParsedWords = { flags: new Set(), values: new Map(), lists: new Map(), operands: [] };
const DIRECTORIES = ["/srv/backup", "/backup", "/mnt/backup", "/media/backup", "/var/backup"];
const JOBS = "/etc/mondo/mondo.d";

const isCancelled = (error: unknown): boolean => error instanceof MondoError && error.code === "cancelled";

async function loadersOf(host: Host): Promise<readonly string[]> {
  try {
    return foundLoaders(await probeMachine(host, "/")).map(({ name, disks }) =>
      disks.length === 0 ? name : msg`${name} on ${disks.join(", ")}`,
    );
  } catch {
    // The backup says why; the questions do without.
    return [];
  }
}

/** Looks at the machine; changes nothing. */
export async function seeMachine(host: Host): Promise<MachineSeen> {
  const { devices } = await readDevices(host);
  const sticks = devices.filter(
    ({ removable, parent, sizeBytes, name }) => removable && !parent && sizeBytes > 0 && !/^(sr|fd)/.test(name),
  );
  const directory = DIRECTORIES.find((path) => host.stat(path)?.kind === "directory");
  return {
    name: (host.tryReadText("/proc/sys/kernel/hostname") ?? "").trim() || "mondorescue",
    sticks: sticks.map(({ path, model, sizeBytes }) => ({
      path,
      what: [model, formatBytes(sizeBytes)].filter(Boolean).join(", "),
    })),
    burners: burnersIn(host.tryReadText("/proc/sys/dev/cdrom/info") ?? ""),
    tapes: listTapeDrives(host),
    loaders: await loadersOf(host),
    ...(directory === undefined ? {} : { directory }),
    kindOf(path) {
      const kind = host.stat(path)?.kind;
      return kind === undefined || kind === "directory" || kind === "block" || kind === "char" ? kind : "other";
    },
    freeBytes: (path) => host.freeBytes(path),
  };
}

function configOf({ host, warn }: AskingBackup): Config | undefined {
  try {
    return readConfig(host);
  } catch (error) {
    if (error instanceof MondoError && error.code === "not-found") return undefined;
    warn(messageOf(error));
    return undefined;
  }
}

/** Which job shall be run, or none of them. */
async function askJob({ ask, say }: AskingBackup, jobs: readonly ConfigJob[]): Promise<ConfigJob | "new" | undefined> {
  if (jobs.length === 0) return "new";
  const choices: Choice[] = [
    ...jobs.map(({ name }) => ({
      key: `job ${name}`,
      label: msg`The job ${name}: ${lineOf(jobWords(jobs.find((job) => job.name === name) ?? (jobs[0] as ConfigJob), NO_WORDS))}`,
    })),
    { key: "new", label: msg`Another backup, by questions` },
    { key: "back", label: msg`Leave, without a backup` },
  ];
  const screen = {
    title: msg`A backup`,
    body: [],
    question: {
      kind: "choice" as const,
      text: msg`What shall be backed up?`,
      choices,
      initial: choices[0]?.key ?? "new",
    },
    help: [msg`Jobs are in /etc/mondo/mondo.toml and /etc/mondo/mondo.d: mondo help config.`],
  };
  const answer = await present(ask, say, screen);
  if (answer === "new") return "new";
  return jobs.find(({ name }) => answer === `job ${name}`);
}

async function askField({ ask, say }: AskingBackup, field: Field, form: Form, machine: MachineSeen): Promise<Form> {
  try {
    const answer = await present(ask, say, fieldScreen(field, form, machine));
    if (answer === "back") return form;
    return withAnswer(form, field.key, answer.trim() === "-" ? "" : answer);
  } catch (error) {
    // Back on full screens; on plain lines ^C leaves the answer as it was, too.
    if (isCancelled(error)) return form;
    throw error;
  }
}

/** Writes a job, which is then read as all of them are; one that would be wrong leaves nothing. */
function writeJob(host: Host, name: string, words: ParsedWords): string {
  const path = `${JOBS}/${name}.toml`;
  host.makeDirectory(JOBS, 0o755);
  if (!host.create(path, jobText(name, words), 0o600)) {
    throw new MondoError("usage", msg`${path} exists already`, { hint: msg`Take another name.` });
  }
  try {
    const job = readConfig(host, CONFIG).jobs.get(name);
    if (!job) throw new MondoError("bug", msg`the job ${name} is not there`);
  } catch (error) {
    host.remove(path);
    throw error;
  }
  return path;
}

async function saveJob({ host, ask, say, warn }: AskingBackup, words: ParsedWords): Promise<void> {
  try {
    const check = (text: string) => (isJobName(text.trim()) ? undefined : msg`A name has letters, digits, - and _.`);
    const about = {
      title: msg`Save this as a job`,
      help: [msg`A job is a file in ${JOBS}; mondo backup NAME runs it, and mondo help config explains it.`],
    };
    const name = (await ask.line(msg`Name of the job`, { initial: "nightly", check, about })).trim();
    say(msg`The job ${name} is in ${writeJob(host, name, words)}; mondo backup ${name} runs it`);
  } catch (error) {
    if (isCancelled(error)) return;
    if (!(error instanceof MondoError)) throw error;
    warn(msg`Not possible: ${messageOf(error)}.${error.hint === undefined ? "" : ` ${error.hint}`}`);
  }
}

/** The form, until it is to be carried out, or left. */
export async function askForm(asking: AskingBackup, machine: MachineSeen): Promise<ParsedWords | undefined> {
  const { ask, say } = asking;
  let form = firstForm(machine);
  // What nothing can be done without comes first.
  for (const key of ["medium", "place"] as const) {
    const field = fieldsOf(form).find((one) => one.key === key);
    if (field) form = await askField(asking, field, form, machine);
  }
  let at: string | undefined;
  for (;;) {
    let answer: string;
    try {
      answer = await present(ask, say, formScreen(form, machine, at));
    } catch (error) {
      if (!isCancelled(error)) throw error;
      answer = "leave";
    }
    if (answer === "leave") return undefined;
    const words = wordsOf(form);
    if (answer === "start") {
      say(msg`The same on a command line: ${lineOf(words)}`);
      return words;
    }
    if (answer === "save") await saveJob(asking, words);
    const field = fieldsOf(form).find(({ key }) => key === answer);
    if (field) form = await askField(asking, field, form, machine);
    at = answer;
  }
}

/** Asks what to back up, to what and how. Undefined: nothing. Nothing is written but a job that is to be saved. */
export async function askBackup(asking: AskingBackup): Promise<DecidedBackup | undefined> {
  const job = await askJob(asking, [...(configOf(asking)?.jobs.values() ?? [])]).catch((error: unknown) => {
    if (isCancelled(error)) return undefined;
    throw error;
  });
  if (job === undefined) return undefined;
  if (job !== "new") return { words: jobWords(job, NO_WORDS), job: job.name };
  const words = await askForm(asking, await seeMachine(asking.host));
  return words && { words };
}
