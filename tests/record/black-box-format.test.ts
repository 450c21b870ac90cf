import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blackBoxLines, limitsDigest, parseBlackBox } from '../../src/record/black-box-format.ts';
import type { BlackBoxHeader, BlackBoxTick } from '../../src/record/black-box-format.ts';
import {
  exactNumber,
  exactNumberSchema,
  fromExactJson,
  sameNumbers,
  toExactJson,
} from '../../src/record/exact-numbers.ts';
import { HashChain } from '../../src/record/hash-chain.ts';
import { makeRobot } from '../../src/testing/index.ts';

const { directory: _, ...robot } = makeRobot();
const header: BlackBoxHeader = {
  cause: 'stale-target',
  writtenAt: '2026-01-02T03:04:05.000Z',
  armature: '0.1.0',
  node: '20.19.0',
  platform: 'linux x64',
  robot,
  start: { memory: { positionsRad: Float64Array.of(-0, 0.1) }, state: 'holding', last: Number.NaN },
};

function tick(index: number, changes: Partial<BlackBoxTick> = {}): BlackBoxTick {
  return {
    tick: index,
    timeNs: 1e7 * index,
    stepNs: index === 0 ? Number.NaN : 1e7,
    imposed: undefined,
    target: { positionsRad: [0.1 + 0.2, Number.NaN], createdNs: 1, observedNs: -Infinity, isPlanned: true },
    measured: {
      positionsRad: [1e-300, -0],
      velocitiesRadPerS: { length: 3 },
      effortsNm: { length: -1 },
      stampNs: -Infinity,
      ageNs: Infinity,
      fresh: false,
    },
    health: null,
    cameraAgesNs: [Number.NaN],
    actionTokens: [32000, 33023],
    previousRad: [0, 1],
    emittedRad: [-0, 1 / 3],
    sentRad: [0, 1 / 3],
    reasons: ['not-finite'],
    state: 'stopping',
    ...changes,
  };
}

const ticks = [
  tick(0),
  tick(1, { target: null, actionTokens: null, reasons: [] }),
  tick(2, {
    keptJoints: 1,
    health: { temperaturesC: [Number.NaN, 30], motorErrors: [0, 32], mode: 'reduced' },
    imposed: { speeds: Float64Array.of(Number.NaN) },
  }),
];
const text = [...blackBoxLines(header, ticks)].join('');

describe('numbers of a black box', () => {
  it('come back to the bit', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        const written: unknown = JSON.parse(JSON.stringify(exactNumber(value)));
        expect(Object.is(exactNumberSchema.parse(written), value)).toBe(true);
      }),
    );
  });

  it('come back to the bit inside plain data of any shape', () => {
    const data = {
      a: [Number.NaN, -0, { b: Float64Array.of(-0, Infinity, 0.1) }],
      map: new Map([['x', -Infinity]]),
      set: new Set([1]),
      none: null,
    };
    expect(fromExactJson(JSON.parse(JSON.stringify(toExactJson(data))))).toEqual(data);
    expect(sameNumbers([Number.NaN, 0], [Number.NaN, -0])).toBe(false);
  });
});

describe('what was told and seen', () => {
  const seen = { camera: 'front', timeNs: 0.1 + 0.2, width: 2, height: 1, png: 'aGVsbG8=' };

  it('comes back with the ticks, and counts in the last line', () => {
    const told = [tick(0, { instruction: 'lift the red cube' }), tick(1), tick(2, { instruction: '' })];
    const file = parseBlackBox([...blackBoxLines(header, told, [seen, { ...seen, timeNs: 5 }])].join(''), 'box.jsonl');
    expect(file.ticks).toEqual(told);
    expect(file.pictures).toEqual([seen, { ...seen, timeNs: 5 }]);
  });

  it('is missed where a picture was cut out', () => {
    const lines = [...blackBoxLines(header, ticks, [seen])];
    expect(() => parseBlackBox(lines.toSpliced(-2, 1).join(''), 'box.jsonl')).toThrow(/box\.jsonl/);
  });

  it('is not in files of the version before, which are read as they are', () => {
    const chain = new HashChain();
    const [first, ...rest] = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const older = [{ ...first, version: 2 }, ...rest].map(
      ({ previous: _previous, sha256: _sha256, ...document }) => `${chain.line(document)}\n`,
    );
    const file = parseBlackBox(older.join(''), 'box.jsonl');
    expect(file.ticks).toEqual(ticks);
    expect(file.pictures).toEqual([]);
  });
});

describe('invariant 24: a black box is a chain of hashes', () => {
  it('gives back what was written, to the bit', () => {
    const file = parseBlackBox(text, 'box.jsonl');
    expect(file.ticks).toEqual(ticks);
    expect(file.header).toEqual(header);
    expect(file.limitsSha256).toBe(limitsDigest(robot));
    expect(
      Object.is(file.ticks[0]?.measured.positionsRad instanceof Array && file.ticks[0].measured.positionsRad[1], -0),
    ).toBe(true);
  });

  it('may do without the state of the gate, and without ticks', () => {
    const file = parseBlackBox([...blackBoxLines({ ...header, start: undefined }, [])].join(''), 'box.jsonl');
    expect(file.header.start).toBeUndefined();
    expect(file.ticks).toEqual([]);
  });

  it('refuses a file of which any character was changed', () => {
    const places = Array.from({ length: 150 }, (_unused, index) => Math.floor((index * (text.length - 1)) / 149));
    for (const place of places) {
      const changed = text.slice(0, place) + (text[place] === '7' ? '8' : '7') + text.slice(place + 1);
      expect(() => parseBlackBox(changed, 'box.jsonl'), `at ${place}`).toThrow(/E_INVALID_FILE/);
    }
  });

  it('refuses a file that was cut anywhere', () => {
    for (let length = 0; length < text.length; length += 97)
      expect(() => parseBlackBox(text.slice(0, length), 'box.jsonl')).toThrow(/E_INVALID_FILE/);
    const withoutLast = `${text.split('\n').slice(0, -2).join('\n')}\n`;
    expect(() => parseBlackBox(withoutLast, 'box.jsonl')).toThrow(/it was cut behind line 4/);
  });

  it('names the line that was changed, taken out or moved', () => {
    const lines = text.split('\n');
    const edited = lines.with(2, lines[2]?.replace('"tick":1', '"tick":9') ?? '').join('\n');
    expect(() => parseBlackBox(edited, 'box.jsonl')).toThrow(/box\.jsonl: line 3 was changed/);
    expect(() => parseBlackBox(lines.toSpliced(2, 1).join('\n'), 'box.jsonl')).toThrow(/line 3 does not follow/);
    const swapped = lines
      .with(1, lines[2] ?? '')
      .with(2, lines[1] ?? '')
      .join('\n');
    expect(() => parseBlackBox(swapped, 'box.jsonl')).toThrow(/line 2 does not follow/);
  });

  it.each([
    ['nothing', ''],
    ['text', 'hello\n'],
    ['another JSON', '{"kind":"something"}\n'],
  ])('says of %s that it is no black box', (_name, content) => {
    expect(() => parseBlackBox(content, 'other.txt')).toThrow(/other\.txt: is no black box.*--black-box/);
  });

  it('has another digest for other limits, and the same for the same in another order', () => {
    const [first, ...others] = robot.joints;
    const { positionRad, ...limits } = first?.limits ?? robot.joints[0]!.limits;
    const reordered = {
      ...robot,
      joints: [{ name: first?.name ?? '', limits: { ...limits, positionRad } }, ...others],
    };
    expect(limitsDigest(reordered)).toBe(limitsDigest(robot));
    const faster = { ...limits, positionRad, velocityRadPerS: 99 };
    expect(limitsDigest({ ...robot, joints: [{ name: 'shoulder', limits: faster }, ...others] })).not.toBe(
      limitsDigest(robot),
    );
  });
});
