import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gateLanes, laneWhere, spansOf } from '../../../src/serve/replay/lanes.ts';
import '../../property-seed.ts';

describe('spansOf', () => {
  it('holds each row with a text once, and no other', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.constantFrom('a', 'b'), { nil: undefined })), (texts) => {
        const spans = spansOf(texts);
        const again: (string | undefined)[] = texts.map(() => undefined);
        for (const { fromRow, toRow, text } of spans) again.fill(text, fromRow, toRow + 1);
        expect(again).toEqual(texts);
        // Neighbours differ, or there is a gap: otherwise they were one.
        spans.slice(1).forEach(({ fromRow, text }, index) => {
          expect(text !== spans[index]?.text || fromRow > (spans[index]?.toRow ?? 0) + 1).toBe(true);
        });
      }),
    );
  });
});

describe('lanes', () => {
  it('has one for the states of the gate and one for each reason', () => {
    const ticks = [
      { state: 'hold', reasons: ['no-target'] },
      { state: 'active', reasons: [] },
      { state: 'active', reasons: ['velocity-limit', 'no-target'] },
    ];
    expect(gateLanes(ticks)).toEqual([
      {
        name: 'gate',
        kind: 'state',
        spans: [
          { fromRow: 0, toRow: 0, text: 'hold' },
          { fromRow: 1, toRow: 2, text: 'active' },
        ],
      },
      {
        name: 'no-target',
        kind: 'reason',
        spans: [
          { fromRow: 0, toRow: 0, text: 'no-target' },
          { fromRow: 2, toRow: 2, text: 'no-target' },
        ],
      },
      { name: 'velocity-limit', kind: 'reason', spans: [{ fromRow: 2, toRow: 2, text: 'velocity-limit' }] },
    ]);
  });

  it('leaves out what never was', () => {
    expect(laneWhere('too old', [false, false])).toBeUndefined();
    expect(laneWhere('too old', [false, true])?.spans).toEqual([{ fromRow: 1, toRow: 1, text: 'too old' }]);
  });
});
