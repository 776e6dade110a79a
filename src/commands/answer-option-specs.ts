import { msg } from "../base/message.ts";
import type { OptionSpec } from "./spec.ts";

/** Options of commands that ask. */
export const answerOptions: readonly OptionSpec[] = [
  {
    long: "record",
    value: "FILE",
    completes: "file",
    help: msg`write the questions of this session with their answers to FILE, for --answers; no secrets`,
  },
  {
    long: "answers",
    value: "FILE",
    completes: "file",
    help: msg`answer questions as FILE does, which --record has written; what it doesn't answer is asked, and is an error where there is no terminal, or with --unattended`,
  },
  { long: "unattended", help: msg`ask nobody: a question that --answers doesn't answer is an error that names it` },
];
