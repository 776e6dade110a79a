import { MIB } from "../../base/units.ts";
import type { Luks } from "../../layout/types.ts";
import type { Demand, FitContext, ResizedVolume, SizeChanges } from "../volume-contract.ts";

/** Encrypted volumes change by whole MiB. */
const wholeMib = (bytes: number) => Math.floor(bytes / MIB) * MIB;

/** What its device must offer: what the volume itself must. */
export function luksDemand({ id, sizeBytes }: Luks, { demandOf }: FitContext): Demand {
  const { slackBytes, rank } = demandOf(id, sizeBytes);
  return { slackBytes: wholeMib(slackBytes), rank };
}

/** It changes by as much as its device. */
export function resizedLuks(luks: Luks, changes: SizeChanges): ResizedVolume | undefined {
  const bytes = changes[luks.on];
  if (bytes === undefined) return undefined;
  const change = wholeMib(bytes);
  return { nodes: [{ ...luks, sizeBytes: luks.sizeBytes + change }], changes: { [luks.id]: change } };
}
