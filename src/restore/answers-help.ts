import { msg } from "../base/message.ts";
import { termLines, wrap } from "../base/wrap.ts";
import { type Answers, encodeAnswers } from "./answers.ts";

/** What each answer means, for people. */
export const answerMeanings: Readonly<Record<keyof Answers, string>> = {
  version: "1",
  mode: msg`nuke, interactive, compare, files or loader, unless a boot word chooses one`,
  disks: msg`disk of the set (device or serial number) → disk of the machine: serial, wwn or path; whatever that disk holds is given up`,
  resize: msg`false: like noresize`,
  partition: msg`false: like nopart`,
  keep: msg`"auto", "auto=files", "none", or a list of mount points and disks that stay as they are: like mondo.keep=`,
  edits: msg`list of changes of the layout, like edits in a file of --edit: see mondo help edit`,
  luksKey: msg`DEVICE:/PATH of the key file, like mondo.luks-key=; answers never hold a secret themselves`,
  withoutDamaged: msg`true: like mondo.without-damaged`,
  check: msg`before, during or recent, like mondo.check=`,
  asked: msg`list of questions with their answers, as mondo restore --record and the rescue (/run/mondo/answers.json) write it; a restore with questions begins at once then, and any key stops it for 20 s before it erases`,
  ui: msg`full or plain, as in the same file: how the questions of asked were asked (default: plain)`,
  unattended: msg`true: nobody is asked; a restore with questions begins at once, and a question that asked doesn't answer is an error that names it`,
  end: msg`reboot, poweroff or shell, once the machine is restored, or another mode that began by itself is done`,
  status: msg`URL, like mondo.status=`,
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
    termLines(name, meaning, { width, column: 18 }),
  );
  const shown = encodeAnswers(example)
    .trimEnd()
    .split("\n")
    .map((line) => `  ${line}`);
  return [
    ...wrap(msg`The file of mondo.answers= is JSON; only version is required:`, width),
    ...lines,
    msg`For example:`,
    ...shown,
  ].join("\n");
}
