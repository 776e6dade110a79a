import { isCancelled } from "../base/errors.ts";
import type { About, Ask, Choice } from "./ask.ts";

/** A menu that ^C does not end: gives the key of a choice. */
export async function choose(
  ask: Ask,
  text: string,
  choices: readonly Choice[],
  initial?: string,
  about?: About,
): Promise<string> {
  for (;;) {
    try {
      return await ask.menu(text, choices, initial, about);
    } catch (error) {
      if (!isCancelled(error)) throw error;
    }
  }
}
