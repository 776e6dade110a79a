import type { LeftOut } from "./types.ts";

/** What sets of early versions say of such a disk; they have no field for it. */
const EARLY = "the backup is written to it (";

/** Whether the backup was written to a disk, which stayed out of the set for that. */
export const receivesBackup = ({ receives, why }: Pick<LeftOut, "receives" | "why">): boolean =>
  receives !== undefined || why.startsWith(EARLY);
