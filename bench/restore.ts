import { quantilesMs } from '../src/runtime/statistics.ts';
import { MonotonicClock } from '../src/core/clock.ts';
import { KeyValueRing } from '../src/policy/state/key-value-ring.ts';
import { RingState } from '../src/policy/state/ring-state.ts';
import { readOptions } from './options.ts';

readOptions({
  purpose: `How long a policy takes to go back to the prompt that its episodes begin with, or to what it was before a decision.

The memory of 1024 positions, after as many control ticks of 48 positions.`,
  options: {},
});

const SLOTS = 1024;
const ROWS_PER_TICK = 48;
const TICKS = [1, 5, 10, 25];
const REPETITIONS = 50;
const SHAPES = [
  { name: 'desk', layers: 4, kvHeads: 2, headWidth: 32 },
  { name: '79M, 4 KV heads', layers: 8, kvHeads: 4, headWidth: 32 },
  { name: '79M, 24 KV heads', layers: 8, kvHeads: 24, headWidth: 32 },
];

const clock = new MonotonicClock();
for (const { name, ...shape } of SHAPES) {
  const state = new RingState(new KeyValueRing({ ...shape, slots: SLOTS }), Math.floor(SLOTS / ROWS_PER_TICK));
  const kv = new Float32Array(2 * shape.layers * shape.kvHeads * ROWS_PER_TICK * shape.headWidth).fill(0.5);
  const kept = [{ from: 0, to: ROWS_PER_TICK, position: 0, beginsStep: true }];
  const tick = (): void => {
    state.makeRoom();
    state.keep({ outputs: new Map([['kv', kv]]), rows: ROWS_PER_TICK, kept });
  };
  for (let index = 0; index < SLOTS / ROWS_PER_TICK; index += 1) tick();
  const snapshot = state.snapshot();
  for (const ticks of TICKS) {
    const durationsNs = Array.from({ length: REPETITIONS }, () => {
      for (let index = 0; index < ticks; index += 1) tick();
      const startNs = clock.nowNs();
      snapshot.restore();
      return clock.nowNs() - startNs;
    });
    const { p50, p99 } = quantilesMs(durationsNs);
    console.log(`${name}, after ${ticks} ticks: median ${p50.toFixed(3)} ms, 99th percentile ${p99.toFixed(3)} ms`);
  }
}
