import { z } from 'zod';

/** The same, not to be changed by who reads it. */
export type Immutable<Value> = Value extends object ? { readonly [Key in keyof Value]: Immutable<Value[Key]> } : Value;

/** Of the velocity limits. */
export const share = z.number().gt(0).lte(1);

/** Shows that the page is the operator's; a connection that was opened without it may look, stop and slow down. */
export const operator = z.string().max(100);
