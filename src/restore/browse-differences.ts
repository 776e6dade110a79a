import { type Difference, showDifference } from "../archive/compare/difference.ts";
import { type DifferenceFilter, filterDifferences, SEVERITIES } from "../archive/compare/difference-filter.ts";
import { countDifferences, describeDifferences } from "../archive/compare/difference-report.ts";
import { isCancelled } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { About, Ask } from "../ui/ask.ts";
import { type Choice, GO_ON, type Screen } from "../ui/screens/screen.ts";

const SOME: Readonly<Record<Difference["severity"], (count: number) => string>> = {
  3: (count) => msg`The ${count} that should not be [3]`,
  2: (count) => msg`The ${count} worth a look [2]`,
  1: (count) => msg`The ${count} to be expected [1]`,
};
/** The list as a screen. Pure. */
export function differencesScreen(differences: readonly Difference[], filter: DifferenceFilter): Screen {
  const counts = countDifferences(differences);
  const choices: Choice[] = [
    { key: "all", label: msg`All ${differences.length}` },
    ...SEVERITIES.filter((severity) => counts[severity] > 0).map((severity) => ({
      key: String(severity),
      label: SOME[severity](counts[severity]),
    })),
    { key: "text", label: msg`Those that contain a text` },
    { ...GO_ON, label: msg`Back to the menu` },
  ];
  const shown = filterDifferences(differences, filter).toSorted((one, other) => other.severity - one.severity);
  const { text } = filter;
  const asked = text === undefined ? "" : msg`with "${text}" in them`;
  return {
    title: msg`Compared: ${describeDifferences(differences)}`,
    body: [{ kind: "text", lines: shown.length === 0 ? [msg`There are none ${asked}`] : shown.map(showDifference) }],
    question: {
      kind: "choice",
      text: msg`${shown.length} of ${differences.length} are shown. Which are wanted?`,
      choices,
      initial: "on",
    },
    help: [
      msg`3: files of the system, which should be as they were. 2: files that people and programs write. 1: logs, caches, locks.`,
      msg`PgUp and PgDn go through the list. The menu that follows saves it on a stick.`,
    ],
  };
}

const TEXT: About = {
  title: msg`Compared: those that contain a text`,
  help: [msg`Capital and small letters are the same. "All" on the list shows every difference again.`],
};

async function askForText(ask: Ask): Promise<DifferenceFilter | undefined> {
  try {
    return { text: await ask.line(msg`A part of a path, or of what differs`, { about: TEXT }) };
  } catch (error) {
    if (isCancelled(error)) return undefined;
    throw error;
  }
}

/**
 * Lets a person look through differences, by severity and by text, those that `start` lets through first; where
 * questions are lines, the lines were all.
 */
export async function browseDifferences(
  ask: Ask,
  differences: readonly Difference[],
  start: DifferenceFilter = {},
): Promise<void> {
  let filter = start;
  while (ask.show) {
    const answer = await ask.show(differencesScreen(differences, filter)).catch((error) => {
      if (isCancelled(error)) return "on";
      throw error;
    });
    if (answer === "on") return;
    const severity = SEVERITIES.find((one) => String(one) === answer);
    if (answer === "text") filter = (await askForText(ask)) ?? filter;
    else filter = severity === undefined ? {} : { severities: [severity] };
  }
}
