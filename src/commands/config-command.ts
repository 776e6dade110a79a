import { findBackupHooks } from "../backup/with-hooks.ts";
import { closest } from "../base/closest.ts";
import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { wrap } from "../base/wrap.ts";
import { isUnitCredential } from "../host/credential-path.ts";
import { readDeplists } from "../image/additions.ts";
import { decodeArchiveOptions } from "./archive-options.ts";
import type { Command, CommandContext } from "./command.ts";
import { configOption } from "./config/config-option.ts";
import { configOptions, shapeOf } from "./config/config-schema.ts";
import { jobWords } from "./config/job-words.ts";
import { type Config, type ConfigEntry, type ConfigJob, readConfig } from "./config/read-config.ts";
import { credentialsOf } from "./credentials-option.ts";
import { jsonOption } from "./set-words.ts";
import { type CommandSpec, optionSignature } from "./spec.ts";

const TASKS = ["check", "show", "explain"] as const;

const configSpec: CommandSpec = {
  name: "config",
  summary: msg`check, show and explain the configuration of this machine`,
  usage: "check | show [JOB] | explain [KEY]",
  description: [
    msg`The configuration is /etc/mondo/mondo.toml, and what lies in /etc/mondo/mondo.d/*.toml: a table [jobs.NAME] for each job, whose keys are the long options of mondo archive, and a table [defaults] for all of them. Only root may be able to change it, and no secret has a place in it.`,
    msg`check reads it, and every job as mondo archive would read it, and names file, line and column of what is wrong. show prints each job with the place where each value was said. explain says what a key means, how it is written, and what the jobs have it set to; without KEY it lists all of them.`,
  ],
  operands: "WORD",
  operandCompletes: { words: TASKS },
  options: [configOption, jsonOption],
  examples: [
    { line: "mondo config check", does: msg`after each change` },
    { line: "mondo config explain keep", does: msg`how to write it, and where it was said` },
  ],
};

const NO_WORDS = { flags: new Set<string>(), values: new Map(), lists: new Map(), operands: [] };

/** What of a job can be told to be wrong without doing it. */
function checkJob({ host, reporter }: CommandContext, job: ConfigJob): void {
  try {
    const words = jobWords(job, NO_WORDS);
    const options = decodeArchiveOptions(words, false);
    // What a unit gets is there when it runs.
    if (!isUnitCredential(words.values.get("credentials") ?? "")) credentialsOf(host, words);
    findBackupHooks(host, options.hooksIn, reporter);
    if (options.additions?.deplists !== undefined) readDeplists(host, options.additions.deplists);
  } catch (error) {
    if (!(error instanceof MondoError)) throw error;
    const { code, message, hint } = error;
    throw new MondoError(code, msg`${job.where}: job ${job.name}: ${message}`, hint === undefined ? {} : { hint });
  }
}

function valueText({ value }: ConfigEntry): string {
  if (typeof value !== "object" || Array.isArray(value)) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([rule, count]) => `${rule} = ${count}`)
    .join(", ")} }`;
}

function jobsOf({ jobs }: Config, name: string | undefined): readonly ConfigJob[] {
  if (name === undefined) return [...jobs.values()];
  const job = jobs.get(name);
  if (job) return [job];
  throw new MondoError("not-found", msg`there is no job ${name}`, {
    hint: msg`There is ${[...jobs.keys()].join(", ")}.`,
  });
}

function show({ words, write }: CommandContext, jobs: readonly ConfigJob[]): void {
  for (const { name, entries } of jobs) {
    if (words.flags.has("json")) {
      const keys = Object.fromEntries([...entries.values()].map(({ key, value, where }) => [key, { value, where }]));
      write(`${JSON.stringify({ event: "job", job: name, keys })}\n`);
      continue;
    }
    const lines = [...entries.values()].map((entry) => [`${entry.key} = ${valueText(entry)}`, entry.where] as const);
    const width = Math.max(0, ...lines.map(([text]) => text.length));
    write(`[jobs.${name}]\n${lines.map(([text, where]) => `${text.padEnd(width)}  # ${where}\n`).join("")}\n`);
  }
}

function configOrNone(context: CommandContext): Config | undefined {
  try {
    return readConfig(context.host, context.words.values.get("config"));
  } catch (error) {
    if (error instanceof MondoError && error.code === "not-found") return undefined;
    // What a key means can be told all the same.
    context.reporter.warn(messageOf(error));
    return undefined;
  }
}

function explain(context: CommandContext, key: string | undefined): void {
  const { write, columns } = context;
  if (key === undefined) {
    write(`${[...configOptions.keys()].join("\n")}\n`);
    return;
  }
  const rule = /^keep-/.test(key) ? "keep" : key;
  const option = configOptions.get(key);
  if (option === undefined) {
    const meant = closest(key, [...configOptions.keys()]);
    throw new MondoError("usage", msg`there is no key ${key}`, {
      hint: meant === undefined ? msg`mondo config explain lists them.` : msg`Did you mean ${meant}?`,
    });
  }
  const jobs = [...(configOrNone(context)?.jobs.values() ?? [])];
  const said = jobs.flatMap(({ name, entries }) => {
    const entry = entries.get(key) ?? entries.get(rule);
    return entry === undefined ? [msg`${name}: not set`] : [`${name}: ${valueText(entry)}  (${entry.where})`];
  });
  const text = [
    `${key}: ${shapeOf(option)}`,
    msg`On the command line: ${optionSignature(option)}`,
    ...wrap(option.help, Math.min(columns, 100) - 2).map((line) => `  ${line}`),
    ...said,
  ];
  write(`${text.join("\n")}\n`);
}

/** `mondo config`. */
export const configCommand: Command = {
  spec: configSpec,
  async run(context) {
    const { host, words, reporter } = context;
    const [task, name, other] = words.operands;
    const known = TASKS.find((one) => one === task);
    if (known === undefined || other !== undefined || (known === "check" && name !== undefined)) {
      const what =
        task === undefined
          ? msg`no task is given`
          : msg`unexpected word "${known === undefined ? task : (other ?? name)}"`;
      throw new MondoError("usage", what, { hint: msg`Write mondo config check, show [JOB] or explain [KEY].` });
    }
    if (known === "explain") {
      explain(context, name);
      return 0;
    }
    const config = readConfig(host, words.values.get("config"));
    const jobs = jobsOf(config, name);
    if (known === "show") show(context, jobs);
    else {
      for (const job of jobs) checkJob(context, job);
      const count = jobs.length === 1 ? "1 job" : msg`${jobs.length} jobs`;
      if (jobs.length === 0) reporter.warn(msg`There is no job in ${config.files.join(", ")}`);
      reporter.step(msg`${config.files.join(", ")}: ${count}, nothing is wrong`);
    }
    return 0;
  },
};
