/** A policy to measure: a shipped one, or one of training/sizes.py that has learnt nothing. */
export interface Configuration {
  readonly name: string;
  /** Name of a shipped policy. */
  readonly shipped?: string;
  readonly size?: string;
  /** Key and value heads; full attention without it. */
  readonly kvHeads?: number;
  /** Tokens looked back on. */
  readonly contextTokens?: number;
}

/** What `npm run bench:policy` measures: as shipped, and at Gato's full context. */
export const configurations: readonly Configuration[] = [
  { name: 'desk', shipped: 'desk' },
  { name: '10M', size: '10M', kvHeads: 2 },
  { name: '79M grouped', size: '79M', kvHeads: 4 },
  { name: '79M full attention', size: '79M' },
];

const sizesAtFullContext: readonly Configuration[] = [
  { name: '1M', size: '1M', kvHeads: 2 },
  { name: '10M', size: '10M', kvHeads: 2 },
  { name: '79M', size: '79M', kvHeads: 4 },
  { name: '364M', size: '364M', kvHeads: 4 },
  { name: '1.18B', size: '1.18B', kvHeads: 4 },
];

/** What the plot shows: cost against size, and against context with grouped and with full attention. */
export const sweeps = {
  size: sizesAtFullContext,
  groupedContext: contexts({ name: 'grouped', size: '79M', kvHeads: 4 }),
  fullContext: contexts({ name: 'full attention', size: '79M' }),
};

function contexts(configuration: Configuration): Configuration[] {
  return [64, 256, 512, 1024].map((contextTokens) => ({
    ...configuration,
    name: `${configuration.name} ${contextTokens}`,
    contextTokens,
  }));
}
