import { msg } from "../../base/message.ts";
import type { OptionSpec } from "../spec.ts";
import { CONFIG } from "./read-config.ts";

/** Another file than that of this machine. */
export const configOption: OptionSpec = {
  long: "config",
  value: "FILE",
  completes: "file",
  help: msg`read this configuration instead of ${CONFIG}, with the files *.toml in the directory of its name with .d`,
};
