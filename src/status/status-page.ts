/** Pages that a text browser and a telephone show: HTML without scripts, anew every few seconds. Pure. */
import { languageTold, msg } from "../base/message.ts";
import { printable } from "../base/printable.ts";
import { formatDuration } from "../base/units.ts";
import type { StatusFacts, StatusLine } from "./status-board.ts";
import { atConsoleOnly, type StatusQuestion } from "./status-desk.ts";

const REFRESH_SECONDS = 5;

const STYLE = [
  ":root{color-scheme:light dark;--back:#f4f5f7;--card:#fff;--text:#1b1f24;--quiet:#59636e;--line:#d5dae0;--blue:#0b5cad}",
  "@media(prefers-color-scheme:dark){:root{--back:#14171a;--card:#1f2429;--text:#e8ebee;--quiet:#a4adb7;--line:#3a424a;--blue:#6cb2f5}}",
  "*{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--text);font:1rem/1.5 system-ui,sans-serif}",
  "main{max-width:46rem;margin:0 auto;padding:1rem}h1{font-size:1.4rem;line-height:1.25;margin:.25rem 0 .5rem}",
  "h2{font-size:1rem;margin:0 0 .5rem}p{margin:.5rem 0}section{background:var(--card);border:1px solid var(--line);",
  "border-radius:.5rem;padding:.9rem 1rem;margin:0 0 1rem}.state{display:inline-block;border-radius:1rem;padding:.1rem .7rem;",
  "font-weight:600;color:#fff;background:#59636e}.running .state{background:#0b5cad}.done .state{background:#1a7339}",
  ".failed .state{background:#b3261e}.quiet,time{color:var(--quiet)}time,.amount{font-variant-numeric:tabular-nums}",
  "progress{display:block;width:100%;height:.8rem;margin:.7rem 0;appearance:none;border:0;border-radius:.4rem;overflow:hidden;",
  "background:var(--line)}progress::-webkit-progress-bar{background:var(--line)}",
  "progress::-webkit-progress-value{background:var(--blue)}progress::-moz-progress-bar{background:var(--blue)}",
  "ol,ul{list-style:none;margin:0;padding:0}li{display:flex;gap:.6rem;padding:.25rem 0}li+li{border-top:1px solid var(--line)}",
  "li span{min-width:0;overflow-wrap:anywhere}time{font-size:.85rem;line-height:1.75}.now{font-weight:600}pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;",
  "font:.85rem/1.5 ui-monospace,monospace}.warning{color:#9a5b00}.warnings,.waits{border-left:.3rem solid #d98a00}",
  "@media(prefers-color-scheme:dark){.warning{color:#f0b45a}}input{font:inherit;color:inherit;max-width:100%}",
  "input[name=code],input[type=text]{display:block;width:100%;max-width:20rem;margin:.3rem 0 .7rem;padding:.6rem .7rem;",
  "border:1px solid var(--quiet);border-radius:.4rem;background:var(--back)}input[name=code]{font-size:1.4rem;letter-spacing:.1em}",
  "input[type=submit]{padding:.6rem 1.1rem;border:1px solid var(--blue);border-radius:.4rem;background:var(--blue);",
  "color:var(--card);font-weight:600;white-space:normal;text-align:left}.choice input[type=submit]{width:100%;",
  "background:var(--card);color:var(--blue)}form{margin:.5rem 0}label{font-weight:600}",
].join("");

/** Text that stays text in HTML, whatever is in it. */
function escaped(text: string): string {
  return printable(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

function page(title: string, refresh: boolean, body: readonly string[]): string {
  return [
    "<!DOCTYPE html>",
    `<html lang="${languageTold()}"><head><meta charset="utf-8">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    ...(refresh ? [`<meta http-equiv="refresh" content="${REFRESH_SECONDS}">`] : []),
    `<title>${escaped(title)}</title><style>${STYLE}</style></head><body><main>`,
    ...body,
    "</main></body></html>",
    "",
  ].join("\n");
}

const section = (title: string, body: readonly string[], kind = ""): string[] =>
  body.length === 0 ? [] : [`<section${kind && ` class="${kind}"`}><h2>${title}</h2>`, ...body, "</section>"];

const clock = (ms: number) => `${new Date(ms).toISOString().slice(11, 19)} UTC`;
/** In lists, where it stands before each line. */
const shortClock = (ms: number) => `<time>${clock(ms).slice(0, 8)}</time>`;
const item = ({ atMs, text }: StatusLine, kind: string, mark = "") =>
  `<li${kind && ` class="${kind}"`}>${shortClock(atMs)} <span>${mark}${escaped(text)}</span></li>`;
const warningItem = (line: StatusLine) => item(line, "warning");
const logItem = (line: StatusLine) => item(line, line.kind, line.kind === "warning" ? msg`Warning: ` : "");
const listOf = (items: readonly string[]) => (items.length === 0 ? [] : ["<ul>", ...items, "</ul>"]);

const stateWords = (state: StatusFacts["state"]) =>
  ({
    waiting: msg`Ready`,
    running: msg`At work`,
    done: msg`Done`,
    stopped: msg`Stopped`,
    failed: msg`Failed`,
  })[state];

/** How a page stands to the question at the console. */
export interface Answerable {
  readonly question?: StatusQuestion;
  readonly isAllowed: boolean;
  /** Why the last answer was not taken. */
  readonly complaint?: string;
}

const hidden = (name: string, value: string) => `<input type="hidden" name="${name}" value="${escaped(value)}">`;

/** One form for each answer: text browsers, too, send what stands on a button only in part. */
function answerForms({ id, answering }: StatusQuestion): string[] {
  const form = (fields: string, button: string) =>
    `<form class="${answering.kind}" method="post" action="/">${hidden("question", `${id}`)}${fields}<input type="submit" value="${escaped(button)}"></form>`;
  switch (answering.kind) {
    case "choice":
      return answering.choices.map(({ key, label }) => form(hidden("answer", key), label));
    case "line": {
      const value = answering.initial === undefined ? "" : ` value="${escaped(answering.initial)}"`;
      return [form(`<input type="text" name="answer" autocomplete="off" autocapitalize="off"${value}>`, msg`Send`)];
    }
    case "stop":
      return [form(hidden("answer", "stop"), msg`Stop it`)];
    case "secret":
    case "console":
      return [`<p>${atConsoleOnly(answering)}</p>`];
  }
}

function questionPart({ question, isAllowed, complaint }: Answerable): string[] {
  const said = complaint === undefined ? [] : [`<p class="warning">${escaped(complaint)}</p>`];
  if (!question) return said;
  const { lines, text } = question;
  const above = lines.length === 0 ? [] : [`<pre>${lines.map(escaped).join("\n")}</pre>`];
  const closed = `<p class="quiet">${msg`It is answered at the console. "allow" in the menu there lets this page answer, too.`}</p>`;
  const answers = isAllowed ? answerForms(question) : [closed];
  const body = [...above, `<p><strong>${escaped(text)}</strong></p>`, ...said, ...answers];
  return section(msg`The console asks`, body, "waits");
}

/** Whether somebody may be typing into the page: it must not come anew under their hands. */
const isTyped = ({ question, isAllowed }: Answerable) => isAllowed && question?.answering.kind === "line";

/** The page that shows how the work stands. */
export function statusPage(facts: StatusFacts, answerable: Answerable = { isAllowed: false }): string {
  const { title, state, progress, lines, warnings, warningsLeftOut, disks, startedMs, endedMs, nowMs, isLast } = facts;
  const steps = lines.filter(({ kind }) => kind === "step");
  const bar = progress?.percent === undefined ? "" : `<progress max="100" value="${progress.percent}"></progress>`;
  const more = warningsLeftOut > 0 ? [`<p>${msg`and ${warningsLeftOut} more: see the log`}</p>`] : [];
  const isNow = (line: StatusLine) => state === "running" && line === steps.at(-1);
  const last = msg`This is the last page: it does not come anew.`;
  return page(`${stateWords(state)}: ${title}`, !isLast && !isTyped(answerable), [
    `<section class="${state}"><h1>${escaped(title)}</h1>`,
    `<p><span class="state">${stateWords(state)}</span>`,
    `<span class="quiet">${msg`for ${formatDuration(((endedMs ?? nowMs) - startedMs) / 1000)}; ${clock(nowMs)}`}</span></p>`,
    ...(isLast ? [`<p class="quiet">${last}</p>`] : []),
    ...(progress ? [`${bar}<p class="amount">${escaped(progress.text)}</p>`] : []),
    "</section>",
    ...questionPart(answerable),
    ...section(msg`Warnings`, [...listOf(warnings.map(warningItem)), ...more], "warnings"),
    ...section(msg`Steps`, listOf(steps.map((line) => item(line, isNow(line) ? "now" : "")))),
    ...section(msg`Disks`, disks.length === 0 ? [] : [`<pre>${disks.map(escaped).join("\n")}</pre>`]),
    ...section(msg`Log`, listOf([...lines].reverse().map(logItem))),
  ]);
}

/** The page that asks for the code; `complaint`: why the last one was not taken. */
export function codePage(complaint?: string): string {
  return page(msg`mondo: code`, false, [
    "<section><h1>mondo</h1>",
    ...(complaint === undefined ? [] : [`<p class="warning">${escaped(complaint)}</p>`]),
    '<form method="post" action="/">',
    `<label>${msg`Code from the console`} <input name="code" autocomplete="off" inputmode="numeric" autofocus></label>`,
    `<input type="submit" value="${msg`Show`}"></form></section>`,
  ]);
}
