/** The questions that follow the tree: where files go, and what becomes of those that are there. */

import type { Overwrite } from "../../archive/extract/overwrite.ts";
import { msg } from "../../base/message.ts";
import { type Choice, GO_ON, type Screen } from "../../ui/screens/screen.ts";

const BACK: Choice = { key: "back", label: msg`Back to the tree` };

/** Asks where files go. `note`: what speaks against their place. */
export function whereScreen(isRescue: boolean, note: string | undefined): Screen {
  const place: Choice = isRescue
    ? { key: "disks", label: msg`To their place in the system on the disks, which is mounted for that` }
    : { key: "place", label: msg`To their place on this running machine` };
  return {
    title: msg`Files: where to`,
    body: note === undefined ? [] : [{ kind: "warning", lines: [note] }],
    question: {
      kind: "choice",
      text: msg`Where shall they go?`,
      choices: [
        place,
        { key: "directory", label: msg`Into a directory, or a system that is mounted there, with their full paths` },
        BACK,
      ],
      initial: note === undefined ? place.key : "directory",
    },
    help: [
      msg`On a running machine each file is written beside the one that it replaces, and gets its name when it is complete.`,
    ],
  };
}

const RULES: Readonly<Record<Overwrite, string>> = {
  never: msg`Leave them: only what is missing is restored`,
  older: msg`Replace those that were changed before the backup's`,
  copy: msg`Replace them, and keep each as NAME.before-restore`,
  always: msg`Replace them`,
};

/** Asks what becomes of files that exist already. */
export const overwriteScreen: Screen = {
  title: msg`Files: those that exist`,
  body: [],
  question: {
    kind: "choice",
    text: msg`What shall become of files that exist already?`,
    choices: [...(["never", "older", "copy", "always"] as const).map((key) => ({ key, label: RULES[key] })), BACK],
    initial: "never",
  },
};

/** The last question before anything is written. */
export function summaryScreen(what: string, where: string, overwrite: Overwrite): Screen {
  return {
    title: msg`Files: the last question`,
    body: [
      {
        kind: "text",
        lines: [msg`What: ${what}`, msg`Where: ${where}`, msg`Files that exist: ${RULES[overwrite].toLowerCase()}`],
      },
    ],
    question: {
      kind: "choice",
      text: msg`Restore these files now?`,
      choices: [{ key: "go", label: msg`Yes, restore them` }, BACK],
    },
    help: [msg`What was not chosen stays as it is. Nothing is removed that the backup does not have.`],
  };
}

/** How it ended; what was said stands above. `left`: files that existed and were not replaced. */
export function doneScreen(isWhole: boolean, left: number): Screen {
  return {
    title: msg`Files: the report`,
    body: [
      {
        kind: "text",
        lines: [
          isWhole
            ? msg`The files are restored. F2 has every line.`
            : msg`The files are restored, except for what is listed above; F2 has every line.`,
          ...(left > 0 ? [msg`Left as they were, because they existed already: ${left}.`] : []),
        ],
      },
    ],
    question: { kind: "choice", text: "", choices: [GO_ON] },
  };
}
