/** When all of a set is read: before anything is written, or once, while it is restored. */
export const READINGS = ["before", "during"] as const;
export type Reading = (typeof READINGS)[number];

/** When a person wants it read; `recent`: once where it was read through a short while ago, too. */
export const CHECKS = [...READINGS, "recent"] as const;
export type Check = (typeof CHECKS)[number];
