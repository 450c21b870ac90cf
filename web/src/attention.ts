import type { FrameMessage } from '../../src/serve/messages.ts';

type Strip = NonNullable<FrameMessage['strip']>;
type Attention = NonNullable<Strip['attention']>;

export interface AttentionShare {
  readonly name: string;
  readonly kind: 'words' | 'image' | 'state' | 'separator' | 'rest';
  /** In [0, 1]. */
  readonly share: number;
}

/** The attention by what it went to, in the order of the sequence; the rest went to earlier ticks and to tokens chosen before. */
export function attentionShares(
  images: Strip['images'],
  states: Strip['states'],
  attention: Attention,
): AttentionShare[] {
  const told: AttentionShare[] = [
    { name: 'words', kind: 'words', share: attention.text },
    ...images.map(({ camera }, index): AttentionShare => ({
      name: camera,
      kind: 'image',
      share: sum(attention.images[index] ?? []),
    })),
    ...states.map(({ name }, index): AttentionShare => ({
      name,
      kind: 'state',
      share: sum(attention.states[index] ?? []),
    })),
    { name: 'separator', kind: 'separator', share: attention.separator },
  ];
  const rest = 1 - sum(told.map(({ share }) => share));
  return rest < 0.005 ? told : [...told, { name: 'before, and its own tokens', kind: 'rest', share: rest }];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
