/** Filled in by build.ts; the fallbacks are for running from source. */
declare const MONDO_VERSION: string | undefined;
declare const MONDO_COMMIT: string | undefined;

/** Version of this program. */
export const version = typeof MONDO_VERSION === "string" ? MONDO_VERSION : "0.0.0-source";
/** Commit that it was built from; `source` when it runs unbuilt. */
export const commit = typeof MONDO_COMMIT === "string" ? MONDO_COMMIT : "source";
