/** When all of a set is read: before anything is written, or once, while it is restored. */
export const READINGS = ["before", "during"] as const;
export type Reading = (typeof READINGS)[number];
