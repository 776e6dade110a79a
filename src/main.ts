import "./host/choose-language.ts";
import { runProgram } from "./commands/program.ts";
import { threadJob } from "./host/threads.ts";
import { runThreadJob } from "./thread-jobs.ts";

const job = threadJob();
if (job !== undefined) runThreadJob(job);
else void runProgram(process.argv0, process.argv.slice(2)).then((code) => process.exit(code));
