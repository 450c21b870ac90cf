/** What the families of policies differ in, as far as the engine is concerned. */
interface PolicyFamily {
  /** What its trunk remembers the past by. */
  readonly state: 'ring' | 'relative-ring' | 'recurrent';
}

/** Families that the engine runs, by the name in policy.json. */
export const policyFamilies = {
  /** Pre-norm transformer with rotary positions. */
  gato: { state: 'ring' },
  /** Post-norm TransformerXL, attention by distance. */
  db1: { state: 'relative-ring' },
  /** Retention: a decaying sum in the place of attention. */
  retnet: { state: 'recurrent' },
} as const satisfies Record<string, PolicyFamily>;

export type FamilyName = keyof typeof policyFamilies;
