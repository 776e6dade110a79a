import type { Glyphs } from "./glyphs.ts";
import type { Size, View } from "./view.ts";

/** A view as text with SGR 1 and 7, and where the cursor goes. */
export interface Drawing {
  readonly text: string;
  readonly cursor: { readonly row: number; readonly column: number };
}

/** Draws a view for a terminal. Pure. */
export type Drawer = (view: View, size: Size, glyphs: Glyphs) => Drawing;
