import { msg } from "../../base/message.ts";
import { UIS } from "../../ui/screens/which-ui.ts";
import { answerOptions } from "../answer-option-specs.ts";
import type { OptionSpec } from "../spec.ts";

/** Options of the questions alone. */
export const askingOptions: readonly OptionSpec[] = [
  {
    long: "ui",
    value: "HOW",
    completes: { words: UIS },
    help: msg`without other options on a terminal, what to back up is asked: full, by screens, or plain, by lines (default: full on a terminal that can show them)`,
  },
  ...answerOptions,
];

/** Their keys. */
export const askingKeys: ReadonlySet<string> = new Set(askingOptions.map(({ long = "" }) => long));
