import type { Test } from "uvu";

/** `test` where what it needs is there; elsewhere the test counts as skipped. */
export const needing = <T>(test: Test<T>, met: unknown): Test<T>["skip"] => (met ? test : test.skip);
