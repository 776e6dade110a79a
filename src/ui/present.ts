import type { Ask } from "./ask.ts";
import { plainGlyphs } from "./screens/glyphs.ts";
import { plainLines } from "./screens/layout-text.ts";
import type { Screen } from "./screens/screen.ts";

/**
 * Shows a screen where there are full ones; elsewhere says its lines and asks its question plainly. Gives the key of
 * the choice, or the line that was typed.
 */
export async function present(ask: Ask, say: (line: string) => void, screen: Screen): Promise<string> {
  if (ask.show) return ask.show(screen);
  for (const line of plainLines(screen.body, plainGlyphs)) say(line);
  const { question } = screen;
  if (question.kind === "choice") return ask.menu(question.text, question.choices, question.initial);
  const { kind: _, text, advice: __, ...options } = question;
  return ask.line(text, options);
}
