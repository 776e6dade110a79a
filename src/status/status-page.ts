/** Pages that a text browser and a telephone show: HTML without scripts, anew every few seconds. Pure. */
import { msg } from "../base/message.ts";
import { printable } from "../base/printable.ts";
import { formatDuration } from "../base/units.ts";
import type { StatusFacts, StatusLine } from "./status-board.ts";

const REFRESH_SECONDS = 5;

const STYLE = [
  "body{font:1rem/1.4 sans-serif;max-width:60rem;margin:1rem auto;padding:0 1rem;background:#fff;color:#111}",
  "h1{font-size:1.3rem}h2{font-size:1.1rem}ol,ul{padding-left:1.5rem}pre,li{overflow-wrap:anywhere}",
  "pre{white-space:pre-wrap}progress{width:100%;height:1.5rem}",
  ".warning{font-weight:bold}time{color:#555}",
  "@media(prefers-color-scheme:dark){body{background:#111;color:#eee}time{color:#aaa}a{color:#8cf}}",
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
    msg`<html lang="en"><head><meta charset="utf-8">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    ...(refresh ? [`<meta http-equiv="refresh" content="${REFRESH_SECONDS}">`] : []),
    `<title>${escaped(title)}</title><style>${STYLE}</style></head><body>`,
    ...body,
    "</body></html>",
    "",
  ].join("\n");
}

const clock = (ms: number) => `${new Date(ms).toISOString().slice(11, 19)} UTC`;
const item = ({ atMs, kind, text }: StatusLine) =>
  `<li class="${kind}"><time>${clock(atMs)}</time> ${kind === "warning" ? msg`Warning: ` : ""}${escaped(text)}</li>`;

const STATES = { waiting: msg`Ready`, running: msg`At work`, done: msg`Done`, failed: msg`Failed` } as const;

/** The page that shows how the work stands. */
export function statusPage(facts: StatusFacts): string {
  const { title, state, progress, lines, warnings, warningsLeftOut, disks, startedMs, endedMs, nowMs } = facts;
  const [newest] = lines.filter(({ kind }) => kind === "step").slice(-1);
  const bar = progress?.percent === undefined ? "" : `<progress max="100" value="${progress.percent}"></progress>`;
  const more = warningsLeftOut > 0 ? [msg`<p>and ${warningsLeftOut} more: see the log</p>`] : [];
  return page(`${STATES[state]}: ${title}`, true, [
    `<h1>${escaped(title)}</h1>`,
    msg`<p><strong>${STATES[state]}</strong>, for ${formatDuration(((endedMs ?? nowMs) - startedMs) / 1000)}; ${clock(nowMs)}</p>`,
    ...(newest ? [`<p>${escaped(newest.text)}</p>`] : []),
    ...(progress ? [`<p>${escaped(progress.text)}</p>${bar}`] : []),
    ...(warnings.length > 0 ? [`<h2>${msg`Warnings`}</h2><ul>${warnings.map(item).join("\n")}</ul>`, ...more] : []),
    `<h2>${msg`Log`}</h2><ul>${[...lines].reverse().map(item).join("\n")}</ul>`,
    ...(disks.length > 0 ? [`<h2>${msg`Disks`}</h2><pre>${disks.map(escaped).join("\n")}</pre>`] : []),
  ]);
}

/** The page that asks for the code; `complaint`: why the last one was not taken. */
export function codePage(complaint?: string): string {
  return page(msg`mondo: code`, false, [
    "<h1>mondo</h1>",
    ...(complaint === undefined ? [] : [`<p class="warning">${escaped(complaint)}</p>`]),
    '<form method="post" action="/">',
    msg`<p><label>Code from the console: <input name="code" autocomplete="off" inputmode="numeric" autofocus></label>`,
    msg`<input type="submit" value="Show"></p></form>`,
  ]);
}
