import { requireRoot } from "../backup/checks.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { archiveMachine } from "./archive-command.ts";
import { archiveSpec } from "./archive-spec.ts";
import { askingKeys } from "./ask-backup/asking-options.ts";
import type { Command, CommandContext } from "./command.ts";
import { configOption } from "./config/config-option.ts";
import { jobWords } from "./config/job-words.ts";
import { type Config, type ConfigJob, readConfig } from "./config/read-config.ts";
import { oneOperand } from "./layout-command.ts";
import type { CommandSpec } from "./spec.ts";

const OWN = new Set(["backup", "show-loader", ...askingKeys]);

const backupSpec: CommandSpec = {
  name: "backup",
  summary: msg`make the backup that the configuration describes`,
  usage: msg`[JOB] [--without KEY]… [OPTION of mondo archive]…`,
  description: [
    msg`Does what a job in /etc/mondo/mondo.toml says; without a name, the only one. A job is a table [jobs.NAME] whose keys are the long options of mondo archive; what stands in [defaults] counts for all of them.`,
    msg`Every option of mondo archive may be given as well: what the command line says replaces what the job says.`,
  ],
  operands: "JOB",
  options: [
    {
      long: "without",
      value: "KEY",
      many: true,
      help: msg`leave out what the job says of this; may be given several times`,
    },
    configOption,
  ],
  alsoTakes: { of: "archive", options: archiveSpec.options.filter(({ long }) => long === undefined || !OWN.has(long)) },
  examples: [
    { line: "mondo backup", does: msg`the only job, as mondo.service does it` },
    { line: "mondo backup weekly --verify", does: msg`one of several, and compare it` },
  ],
};

/** The job of that name, or the only one. Throws `usage` or `not-found`. */
function jobNamed({ jobs, files }: Config, name: string | undefined): ConfigJob {
  const names = [...jobs.keys()];
  const [only] = jobs.values();
  if (only === undefined) {
    throw new MondoError("not-found", msg`there is no job in ${files.join(", ")}`, {
      hint: msg`Write one: [jobs.nightly], and below it what mondo archive would be given, as dir = "/srv/backup".`,
    });
  }
  if (name === undefined && jobs.size === 1) return only;
  const job = name === undefined ? undefined : jobs.get(name);
  if (job) return job;
  const what = name === undefined ? msg`there are several jobs` : msg`there is no job ${name}`;
  throw new MondoError("usage", msg`${what} in ${files.join(", ")}`, { hint: msg`Name one of ${names.join(", ")}.` });
}

/** What goes to standard output, when nobody looks on. */
function requireNoPipe(job: ConfigJob): void {
  const stream = job.entries.get("stream");
  if (stream?.value !== "-") return;
  throw new MondoError("usage", msg`${stream.where}: a job has no standard output to write to`, {
    hint: msg`Name a file or a device; or run mondo archive -u - in a script.`,
  });
}

/** `mondo backup`. */
export const backupCommand: Command = {
  spec: backupSpec,
  forArchives: true,
  async run(context: CommandContext) {
    const { host, words } = context;
    requireRoot();
    const { values, lists, flags } = words;
    const job = jobNamed(readConfig(host, values.get("config")), oneOperand(context));
    requireNoPipe(job);
    const own = (key: string) => key === "config" || key === "without";
    const given = {
      flags,
      values: new Map([...values].filter(([key]) => !own(key))),
      lists: new Map([...lists].filter(([key]) => !own(key))),
      operands: [],
    };
    const merged = jobWords(job, given, lists.get("without"));
    const named = { ...merged, values: new Map([...merged.values, ["job", job.name]]) };
    try {
      return await archiveMachine({ ...context, words: named, classic: false });
    } catch (error) {
      if (!(error instanceof MondoError) || error.code !== "usage") throw error;
      const { message, hint, data } = error;
      throw new MondoError("usage", msg`job ${job.name} (${job.where}): ${message}`, {
        ...(hint === undefined ? {} : { hint }),
        ...{ data, cause: error },
      });
    }
  },
};
