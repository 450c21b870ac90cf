import { describe, expect, it } from 'vitest';
import { requireLayoutFitsRobot } from '../../src/tokens/check-layout.ts';
import { createLayout, NO_POSITION } from '../../src/tokens/layout.ts';
import type { LayoutSpec } from '../../src/tokens/layout-spec.ts';
import { contrastingLayout, exampleLayout, so101 } from './example-layout.ts';

const packed = createLayout(exampleLayout());
const exact = createLayout(exampleLayout({ layout: 'exact' }));

describe('step layout', () => {
  it('orders text, images, state, separator, actions', () => {
    expect(packed.segments.map(({ name, firstPosition, positions }) => [name, firstPosition, positions])).toEqual([
      ['instruction', 0, 10],
      ['front', 10, 16],
      ['wrist', 26, 16],
      ['positions', 42, 1],
      ['velocities', 43, 1],
      ['efforts', 44, 1],
      ['separator', 45, 1],
      ['actions', 46, 6],
    ]);
  });

  it('packs a modality into one position, or gives each value its own', () => {
    expect([packed.observationPositions, packed.positionsPerStep, packed.stateTokens]).toEqual([46, 52, 18]);
    expect([exact.observationPositions, exact.positionsPerStep, exact.stateTokens]).toEqual([61, 67, 18]);
    expect([...packed.tokenPositions.subarray(42, 56)]).toEqual([
      ...Array<number>(6).fill(42),
      ...Array<number>(6).fill(43),
      44,
      44,
    ]);
    expect([...exact.tokenPositions]).toEqual(Array.from({ length: 67 }, (_, index) => index));
  });

  it('has the action tokens of all control ticks of a chunk, and counts those that are carried out', () => {
    const chunk = createLayout(exampleLayout({ chunk: { steps: 4, execute: 2 } }));
    expect([chunk.observationPositions, chunk.positionsPerStep]).toEqual([46, 46 + 24]);
    expect([chunk.actionTokens, chunk.executedTokens, chunk.joints]).toEqual([24, 12, 6]);
  });

  it('has segments follow one another without gaps', () => {
    for (const layout of [packed, exact, createLayout(contrastingLayout())]) {
      let position = 0;
      let token = 0;
      for (const segment of layout.segments) {
        expect([segment.firstPosition, segment.firstToken]).toEqual([position, token]);
        position += segment.positions;
        token += segment.positions * segment.tokensPerPosition;
      }
      expect([layout.positionsPerStep, layout.tokensPerStep]).toEqual([position, token]);
    }
  });

  it('counts observation positions up to the separator and gives actions none', () => {
    expect([...packed.localPositions.subarray(44)]).toEqual([44, 45, ...Array<number>(6).fill(NO_POSITION)]);
  });

  it('quantises the row and column of each patch to 128, whatever the resolution', () => {
    const { patchPositions } = packed;
    expect([...patchPositions.rowIndex.subarray(0, 6)]).toEqual([16, 16, 16, 16, 48, 48]);
    expect([...patchPositions.columnIndex.subarray(0, 6)]).toEqual([16, 48, 80, 112, 16, 48]);
    // Gato's figure: columns [0.4, 0.6] of an image five patches wide are [51, 77].
    const wide = createLayout(exampleLayout({ cameras: [{ name: 'front', width: 80, height: 64 }] })).patchPositions;
    expect([wide.columnLow[2], wide.columnHigh[2], wide.columnIndex[2]]).toEqual([51, 77, 64]);
    expect([wide.rowLow[5], wide.rowHigh[5]]).toEqual([32, 64]);
  });

  it('stays inside the table of 128 with more patches than entries', () => {
    const { columnIndex } = createLayout(
      exampleLayout({ patchSize: 1, cameras: [{ name: 'front', width: 500, height: 1 }] }),
    ).patchPositions;
    expect(Math.min(...columnIndex)).toBe(0);
    expect(Math.max(...columnIndex)).toBe(127);
  });

  it('says everything that is wrong with a layout', () => {
    const wrong = exampleLayout({
      cameras: [
        { name: 'front', width: 60, height: 64 },
        { name: 'front', width: 64, height: 64 },
      ],
      state: [{ name: 'positions', codec: 'linear', low: [0, 1], high: [1, 1] }],
      actions: [{ joint: 'elbow', kind: 'delta', lowRad: 0.1, highRad: -0.1 }],
    });
    expect(() => createLayout(wrong)).toThrow(
      /E_INVALID_LAYOUT.*"front" stands twice.*"front" of 60x64.*"positions" needs.*low that is not.*"elbow"/,
    );
  });

  it('fits the robot whose joints and cameras it names, and no other', () => {
    expect(() => requireLayoutFitsRobot(exampleLayout(), so101)).not.toThrow();
    const reversed = exampleLayout({ actions: exampleLayout().actions.toReversed() });
    expect(() => requireLayoutFitsRobot(reversed, so101)).toThrow('E_LAYOUT_ROBOT');
    const otherCamera = exampleLayout({ cameras: [{ name: 'side', width: 64, height: 64 }] });
    expect(() => requireLayoutFitsRobot(otherCamera, so101)).toThrow('no camera "side"');
    const otherSize = exampleLayout({ cameras: [{ name: 'wrist', width: 128, height: 64 }] });
    expect(() => requireLayoutFitsRobot(otherSize, so101)).toThrow('64x64, the policy sees 128x64');
  });

  it('has patches for a goal, which is no camera of the robot but one of the layout when all is done', () => {
    const [front = { name: '', width: 0, height: 0 }] = exampleLayout().cameras;
    const withGoal = (changes: object): LayoutSpec =>
      exampleLayout({ cameras: [front, { ...front, name: 'goal', goalOf: 'front', ...changes }] });
    expect(createLayout(withGoal({})).segments.filter(({ kind }) => kind === 'image')).toMatchObject([
      { name: 'front', firstInFrame: 0, positions: 16 },
      { name: 'goal', firstInFrame: 16, positions: 16 },
    ]);
    expect(() => requireLayoutFitsRobot(withGoal({}), so101)).not.toThrow();
    expect(() => requireLayoutFitsRobot(withGoal({ name: 'wrist' }), so101)).toThrow(/"wrist" is a goal.*of the robot/);
    for (const goalOf of ['wrist', 'goal', 'nothing'])
      expect(() => createLayout(withGoal({ goalOf }))).toThrow(`goal "goal" is of "${goalOf}", which is no other`);
    expect(() => createLayout(withGoal({ width: 32 }))).toThrow('goal "goal" is 32x64, camera "front" 64x64');
  });
});
