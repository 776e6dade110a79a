import type { Drawer } from "./drawing.ts";

/**
 * Loads ink. Its layout engine, yoga, has to be ready before it: without that, ink lays out wrongly and says nothing.
 * Where it runs from source, importing it waits; in the executable it has a promise (`build.ts`).
 */
export async function loadDrawer(): Promise<Drawer> {
  const yoga = await import("yoga-layout");
  if ("ready" in yoga) await yoga.ready;
  return (await import("./draw-view.ts")).drawView;
}
