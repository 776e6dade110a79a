/** What a restore that finds another one, which was cut off, does: goes on, or starts anew. */
export const RESUMES = ["auto", "no"] as const;
export type Resume = (typeof RESUMES)[number];
