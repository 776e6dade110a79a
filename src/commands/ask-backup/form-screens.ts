/** The questions about a backup as screens. Pure. */
import { msg } from "../../base/message.ts";
import type { Choice, Screen } from "../../ui/screens/screen.ts";
import { complaintAbout, type Field, type Form, fieldsOf, flawOf, type MachineSeen, wayOf, wordsOf } from "./form.ts";
import { lineOf } from "./render-words.ts";

const NAME_COLUMNS = 20;
const BACK: Choice = { key: "back", label: msg`Back` };

/** An answer as people read it: that of a choice by its label. */
function valueWords({ key, usual, answers }: Field, form: Form, machine: MachineSeen): string {
  const text = form[key];
  if (text === undefined) return usual;
  const offered = answers(form, machine);
  return offered === "line" ? text : (offered.choices.find((choice) => choice.key === text)?.label ?? text);
}

/** All answers, the command line that they mean, and what is wrong. */
export function formScreen(form: Form, machine: MachineSeen, at: string | undefined): Screen {
  const flaw = flawOf(form, machine);
  const shown = fieldsOf(form).map(
    (field): Choice => ({
      key: field.key,
      label: `${field.name.padEnd(NAME_COLUMNS)} ${valueWords(field, form, machine)}`,
      detail: field.help,
    }),
  );
  const ready: Choice[] =
    flaw === undefined
      ? [
          { key: "start", label: msg`Make this backup now` },
          { key: "save", label: msg`Save this as a job, for mondo backup` },
        ]
      : [];
  const loaders = machine.loaders.length === 0 ? [] : [msg`Boot loader here: ${machine.loaders.join("; ")}`];
  return {
    title: msg`A backup of ${machine.name}`,
    body: [
      { kind: "text", lines: [msg`The same on a command line:`, `  ${lineOf(wordsOf(form))}`, ...loaders] },
      ...(flaw === undefined ? [] : [{ kind: "warning" as const, lines: [flaw] }]),
    ],
    question: {
      kind: "choice",
      text: msg`What shall be changed?`,
      choices: [...shown, ...ready, { key: "leave", label: msg`Leave, without a backup` }],
      initial: at ?? (flaw === undefined ? "start" : (fieldsOf(form)[0]?.key ?? "leave")),
    },
    help: [
      msg`Each line is an option of mondo archive; Enter changes it. Nothing is written before you choose to.`,
      msg`The command line means the same, and can go into a script. A job is run by its name: mondo backup NAME.`,
    ],
  };
}

/** Asks for one answer. */
export function fieldScreen(field: Field, form: Form, machine: MachineSeen): Screen {
  const answers = field.answers(form, machine);
  const way = wayOf(form);
  const name = field.key === "place" && way ? way.place : field.name;
  const title = msg`A backup of ${machine.name}: ${field.name.toLowerCase()}`;
  const help = [field.help];
  if (answers !== "line") {
    // The first is what is done if nothing is said.
    const initial = form[field.key] ?? answers.choices[0]?.key;
    return {
      title,
      body: [{ kind: "text", lines: help }],
      question: {
        kind: "choice",
        text: name,
        choices: [...answers.choices, BACK],
        ...(initial === undefined ? {} : { initial }),
      },
      help,
    };
  }
  const initial = form[field.key] ?? (field.key === "place" ? way?.found?.(machine)[0]?.key : undefined);
  const found = field.key === "place" ? (way?.found?.(machine) ?? []) : [];
  const empty = initial === undefined || field.key === "place" ? [] : [msg`- takes it away.`];
  const said = (text: string) => complaintAbout(form, field.key, text.trim() === "-" ? "" : text, machine);
  return {
    title,
    body: [{ kind: "text", lines: [...help, ...found.map(({ label }) => msg`Here: ${label}`), ...empty] }],
    question: {
      kind: "line",
      text: name,
      ...(initial === undefined ? {} : { initial }),
      check: said,
      advice: said,
    },
    help,
  };
}
