/** A key press as a prompt sees it: a character, or what the key does. */
export type Key = { readonly char: string } | "enter" | "backspace" | "clear" | "cancel";

const CONTROL: Readonly<Record<number, Key>> = {
  3: "cancel",
  8: "backspace",
  10: "enter",
  13: "enter",
  21: "clear",
  127: "backspace",
};

/**
 * Keys of raw terminal input. Escape sequences (arrows, function keys) and NUL are dropped: a break or noise on a
 * serial line reads as NUL. UTF-8 characters that came in two reads are lost; a prompt needs none.
 */
export function decodeKeys(bytes: Uint8Array): Key[] {
  const keys: Key[] = [];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  const text = new TextDecoder().decode(bytes).replace(/\x1b(\[[0-9;?]*[ -/]*[@-~]?|O.|.)?/g, "");
  for (const char of text.replaceAll("\r\n", "\n")) {
    const code = char.codePointAt(0) ?? 0;
    const control = CONTROL[code];
    if (control !== undefined) keys.push(control);
    else if (code >= 32 && code !== 0xfffd) keys.push({ char });
  }
  return keys;
}
