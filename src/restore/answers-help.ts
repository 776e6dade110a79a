import { termLines, wrap } from "../base/wrap.ts";
import { type Answers, encodeAnswers } from "./answers.ts";

/** What each answer says, for people. */
export const answerMeanings: Readonly<Record<keyof Answers, string>> = {
  version: "1",
  mode: "nuke, interactive or compare, where no boot word names one",
  disks: "disk of the set (device or serial number) → disk of the machine: serial, wwn or path",
  resize: "false: as noresize",
  partition: "false: as nopart",
  luksKey: "DEVICE:/PATH of the key file, as mondo.luks-key=; a secret itself never stands in answers",
  end: "reboot, poweroff or shell, when the machine is restored",
  status: "URL, as mondo.status=",
};

const example: Answers = {
  version: 1,
  mode: "nuke",
  disks: { sda: { serial: "WD-1234" } },
  luksKey: "LABEL=KEYS:/luks.key",
  end: "poweroff",
};

/** The file that `mondo.answers=` names, explained; wrapped to the width in characters. */
export function renderAnswersHelp(width: number): string {
  const lines = Object.entries(answerMeanings).flatMap(([name, meaning]) =>
    termLines(name, meaning, { width, column: 14 }),
  );
  const shown = encodeAnswers(example)
    .trimEnd()
    .split("\n")
    .map((line) => `  ${line}`);
  return [
    ...wrap("What mondo.answers= names is JSON; all but version may be left out:", width),
    ...lines,
    "For example:",
    ...shown,
  ].join("\n");
}
