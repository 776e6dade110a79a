import type * as v from "valibot";

/** A schema for every field of a driver's details; one of an optional field is `v.exactOptional`. */
export type DetailFields<D> = { readonly [F in keyof D]-?: v.GenericSchema<unknown, Exclude<D[F], undefined>> };

/** The same, of details that only their driver knows. */
export type AnyDetailFields = Readonly<Record<string, v.GenericSchema<unknown, unknown>>>;
