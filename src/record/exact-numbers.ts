import { z } from 'zod';

/** Numbers that JSON has no word for, or takes for another: it would write -0 as 0. */
const WORDS = ['NaN', 'Infinity', '-Infinity', '-0'] as const;

/** A number as it stands in a file: every double comes back to the bit. */
export type ExactNumber = number | (typeof WORDS)[number];

/** Reads an ExactNumber as a number. */
export const exactNumberSchema: z.ZodType<number, ExactNumber> = z
  .union([z.number(), z.enum(WORDS)])
  .transform((value) => Number(value));

/** JSON writes the shortest decimal that reads back as the same double; only these four need a word. */
export function exactNumber(value: number): ExactNumber {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? value : (String(value) as ExactNumber);
}

/** True for the same double; unlike ===, NaN is itself and 0 is not -0. */
export function sameNumbers(left: ArrayLike<number>, right: ArrayLike<number>): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index += 1) if (!Object.is(left[index], right[index])) return false;
  return true;
}

/**
 * A tree of plain data as JSON can hold it, to the bit. Typed arrays become `{"float64": [...]}`, maps
 * `{"map": [[key, value], ...]}`, sets `{"set": [...]}`, numbers without a word in JSON `{"number": "NaN"}`;
 * undefined properties disappear.
 */
export function toExactJson(value: unknown): unknown {
  if (typeof value === 'number') {
    const exact = exactNumber(value);
    return typeof exact === 'number' ? exact : { number: exact };
  }
  if (value instanceof Float64Array) return { float64: Array.from(value, exactNumber) };
  if (value instanceof Map) return { map: [...value].map((entry) => entry.map(toExactJson)) };
  if (value instanceof Set) return { set: [...value].map(toExactJson) };
  if (Array.isArray(value)) return value.map(toExactJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(([name, part]) => [name, toExactJson(part)]),
  );
}

const numberTag = z.strictObject({ number: exactNumberSchema });
const float64Tag = z.strictObject({ float64: z.array(exactNumberSchema) });
const mapTag = z.strictObject({ map: z.array(z.tuple([z.unknown(), z.unknown()])) });
const setTag = z.strictObject({ set: z.array(z.unknown()) });

/** The tree that toExactJson was given. */
export function fromExactJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromExactJson);
  if (typeof value !== 'object' || value === null) return value;
  const number = numberTag.safeParse(value);
  if (number.success) return number.data.number;
  const float64 = float64Tag.safeParse(value);
  if (float64.success) return Float64Array.from(float64.data.float64);
  const map = mapTag.safeParse(value);
  if (map.success) return new Map(map.data.map.map(([key, part]) => [fromExactJson(key), fromExactJson(part)]));
  const set = setTag.safeParse(value);
  if (set.success) return new Set(set.data.set.map(fromExactJson));
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, fromExactJson(part)]));
}
