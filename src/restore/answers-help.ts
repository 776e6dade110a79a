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

/** The file that `mondo.answers=` names, explained. */
export function renderAnswersHelp(): string {
  const lines = Object.entries(answerMeanings).map(([name, meaning]) => `  ${name.padEnd(10)}  ${meaning}`);
  const shown = encodeAnswers(example)
    .trimEnd()
    .split("\n")
    .map((line) => `  ${line}`);
  return [
    "What mondo.answers= names is JSON; all but version may be left out:",
    ...lines,
    "For example:",
    ...shown,
  ].join("\n");
}
