/**
 * Controls (C0, DEL, C1), line ends of Unicode, marks that turn the direction of text around, and what stands for bytes
 * that are no UTF-8.
 */
const UNSEEN = /[\p{Cc}\u2028\u2029\p{Bidi_Control}\p{Cs}]/gu;

/**
 * Text for a terminal: what would move its cursor, command it or reverse a line becomes visible as `\u001b`, which JSON
 * reads as the same character. `kept` characters stay. Default: line feed and tab.
 */
export function printable(text: string, kept = "\n\t"): string {
  return text.replace(UNSEEN, (character) =>
    kept.includes(character) ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
