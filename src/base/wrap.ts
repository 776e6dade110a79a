/**
 * Breaks text into lines of at most `width` characters between its words (not at no-break spaces); a longer word gets a
 * line of its own.
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/[ \t\n]+/)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return line === "" ? lines : [...lines, line];
}

/** How a list of terms is laid out, in characters. */
export interface TermLayout {
  readonly width: number;
  /** Where the explanations begin, but never behind the middle; a term that reaches it stands on a line of its own. */
  readonly column: number;
}

/** A term and its explanation, indented by two, wrapped to the width. */
export function termLines(term: string, explanation: string, layout: TermLayout): string[] {
  const { width } = layout;
  const column = Math.min(layout.column, Math.floor(width / 2));
  const text = wrap(explanation, Math.max(20, width - column));
  const terms = wrap(term, Math.max(20, width - 4)).map((line, index) => (index === 0 ? `  ${line}` : `    ${line}`));
  const last = terms.at(-1) ?? "";
  const joined = last.length < column - 1 ? [last.padEnd(column) + (text.shift() ?? "")] : [last];
  return [...terms.slice(0, -1), ...joined, ...text.map((line) => " ".repeat(column) + line)].map((line) =>
    line.trimEnd(),
  );
}
