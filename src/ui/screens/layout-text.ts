import type { Glyphs } from "./glyphs.ts";
import type { Bar, Block } from "./screen.ts";

/** A line of a body, laid out. */
export interface BodyLine {
  readonly text: string;
  readonly strong?: true;
}

/** Breaks at blanks; a word that is longer than a line is cut. Further lines are indented as the first is. Pure. */
export function wrapLine(line: string, width: number): string[] {
  const indent = /^\s*/.exec(line)?.[0].slice(0, Math.max(0, Math.floor(width / 2))) ?? "";
  const lines: string[] = [];
  let rest = line.trimEnd();
  while (rest.length > width) {
    const at = rest.lastIndexOf(" ", width);
    const cut = at > indent.length ? at : width;
    lines.push(rest.slice(0, cut).trimEnd());
    rest = `${indent}${rest.slice(cut).trimStart()}`;
    if (rest.trim() === "") return lines;
  }
  return [...lines, rest];
}

/** The last column of a table is wrapped where it has at least this share of the line. */
const WRAPPED_PART = 1 / 4;

/** Rows below their heads. The last column is wrapped; others that don't fit are cut at the end of the line. */
function tableLines(head: readonly string[], rows: readonly (readonly string[])[], width: number): BodyLine[] {
  const widths = head.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const before = widths.slice(0, -1).reduce((sum, columns) => sum + columns + 2, 0);
  const room = width - before;
  const linesOf = (row: readonly string[]): string[] => {
    const start = row
      .slice(0, -1)
      .map((cell, at) => `${cell.padEnd(widths[at] ?? 0)}  `)
      .join("");
    const last = row.at(-1) ?? "";
    const parts = room >= width * WRAPPED_PART ? wrapLine(last, room) : [last];
    return parts.map((part, at) => `${at === 0 ? start : " ".repeat(before)}${part}`.trimEnd());
  };
  const plain = (row: readonly string[]) => linesOf(row).map((text): BodyLine => ({ text }));
  return [...plain(head).map((line) => ({ ...line, strong: true as const })), ...rows.flatMap(plain)];
}

/** One disk to scale: `|1 ESP|2 ext4 /        |.......|`. Every stretch is seen, however small it is. Pure. */
export function barText(bar: Bar, scaleBytes: number, width: number, glyphs: Glyphs): string {
  const columns = Math.max(8, Math.round((bar.sizeBytes / Math.max(1, scaleBytes)) * width));
  const at = (bytes: number) => Math.round((bytes / Math.max(1, bar.sizeBytes)) * (columns - 1));
  let text = "";
  for (const { label, startBytes, sizeBytes } of [...bar.stretches].sort((a, b) => a.startBytes - b.startBytes)) {
    text += glyphs.empty.repeat(Math.max(0, at(startBytes) - text.length));
    const inner = Math.max(1, at(startBytes + sizeBytes) - text.length - 1);
    text += `${glyphs.edge}${glyphs.shown(label).slice(0, inner).padEnd(inner)}`;
  }
  text += glyphs.empty.repeat(Math.max(0, columns - 1 - text.length));
  return `${text}${glyphs.edge}`;
}

function barLines(bars: readonly Bar[], width: number, glyphs: Glyphs): BodyLine[] {
  const most = Math.max(...bars.map(({ label }) => label.length));
  const scale = Math.max(...bars.map(({ sizeBytes }) => sizeBytes));
  return bars.map((bar) => {
    const text = barText(bar, scale, width - most - 3, glyphs).slice(0, width - most - 1);
    return { text: `${glyphs.shown(bar.label).padEnd(most)} ${text}` };
  });
}

function blockLines(block: Block, width: number, glyphs: Glyphs): BodyLine[] {
  const shown = (lines: readonly string[]) => lines.map(glyphs.shown);
  const plain = (lines: readonly string[]) => lines.map((text) => ({ text }));
  switch (block.kind) {
    case "text":
      return plain(shown(block.lines).flatMap((line) => wrapLine(line, width)));
    case "warning":
      return shown(block.lines)
        .flatMap((line) => wrapLine(line, width - 2).map((part, at) => `${at === 0 ? "! " : "  "}${part}`))
        .map((text) => ({ text, strong: true as const }));
    case "heading":
      return [{ text: glyphs.shown(block.text), strong: true }];
    case "fixed":
      return plain(shown(block.lines));
    case "table":
      return tableLines(
        shown(block.head),
        block.rows.map((row) => shown(row)),
        width,
      );
    case "bars":
      return barLines(block.bars, width, glyphs);
  }
}

/** A line that has more to it ends with `>`, as in less(1). */
export const cutAt = (text: string, width: number): string =>
  text.length > width ? `${text.slice(0, width - 1)}>` : text;

/** A body as lines, an empty one between its blocks; a heading stands right above what it is about. Pure. */
export function bodyLines(body: readonly Block[], width: number, glyphs: Glyphs): BodyLine[] {
  return body.flatMap((block, at) => {
    const lines = blockLines(block, width, glyphs).map((line) => ({ ...line, text: cutAt(line.text, width) }));
    const gap = at > 0 && body[at - 1]?.kind !== "heading" && lines.length > 0;
    return gap ? [{ text: "" }, ...lines] : lines;
  });
}

const PLAIN_WIDTH = 76;

/** A body as plain lines, for terminals on which questions are lines. Pure. */
export function plainLines(body: readonly Block[], glyphs: Glyphs): string[] {
  return body.flatMap((block) => block.plain ?? blockLines(block, PLAIN_WIDTH, glyphs).map(({ text }) => text));
}
