/** Controls (C0, DEL, C1), line ends of Unicode, and marks that turn the direction of text around. */
const UNSEEN = /[\p{Cc}\u2028\u2029\p{Bidi_Control}]/gu;

/**
 * Text for a terminal: what would move its cursor, command it or reverse a line becomes visible as `\u001b`, which JSON
 * reads as the same character. `kept` characters stay. Default: line feed and tab.
 */
export function printable(text: string, kept = "\n\t"): string {
  return text.replace(UNSEEN, (character) =>
    kept.includes(character) ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
