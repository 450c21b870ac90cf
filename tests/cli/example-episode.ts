import type { CameraStrip, ReportEpisode, Trace } from '../../src/cli/report/report-data.ts';
import { Rng } from '../../src/core/rng.ts';
import { encodePng } from '../../src/record/png.ts';

const JOINTS = ['shoulder_pan', 'shoulder_lift', 'elbow_flex', 'wrist_flex', 'wrist_roll', 'gripper'];
const LIMIT_RAD = 1.75;

/** An invented episode of the shape a run has: smooth joint paths, a few interventions, noisy timing. */
export function exampleEpisode(
  seed: number,
  outcome: ReportEpisode['outcome'] = 'success',
  durationS = 9,
): ReportEpisode {
  const rng = new Rng(seed);
  const controlHz = 20;
  const ticks = Math.round(durationS * controlHz);
  const times = Array.from({ length: ticks }, (_, tick) => tick / controlHz);
  const trace = (value: (timeS: number, tick: number) => number): Trace => ({
    timesS: times,
    values: times.map(value),
  });
  return {
    name: `episode ${seed}`,
    instruction: 'put the red cube on the tray',
    robot: 'so101',
    policy: 'desk',
    outcome,
    durationS,
    controlHz,
    cameras: ['front', 'wrist'].map((camera, index) => exampleStrip(camera, index, durationS)),
    joints: JOINTS.map((name, joint) => {
      const amplitude = 0.5 + 0.25 * joint;
      const path = (timeS: number): number => amplitude * Math.sin(0.6 * timeS + joint) + 0.2 * Math.sin(2 * timeS);
      const clamp = (angle: number): number => Math.max(-LIMIT_RAD + 0.03, Math.min(LIMIT_RAD - 0.03, angle));
      return {
        name,
        limitsRad: [-LIMIT_RAD, LIMIT_RAD] as const,
        requested: trace((timeS) => path(timeS + 0.05) + rng.normal(0.03)),
        sent: trace((timeS) => clamp(path(timeS))),
        measured: trace((timeS) => clamp(path(timeS - 0.12)) + rng.normal(0.004)),
      };
    }),
    inferenceMs: trace(() => 11 + Math.abs(rng.normal(1.2)) + (rng.uniform(0, 1) > 0.98 ? 14 : 0)),
    latenessMs: trace(() => 0.05 + Math.abs(rng.normal(0.06)) + (rng.uniform(0, 1) > 0.985 ? 1.4 : 0)),
    interventions: [
      ...[1.2, 1.25, 3.4, 6.1, 6.15, 6.2].map((timeS) => ({
        timeS,
        durationS: 0.05,
        reason: 'velocity limit',
        joint: 'elbow_flex',
      })),
      { timeS: 2, durationS: 0.7, reason: 'position limit', joint: 'gripper' },
      { timeS: 7.2, durationS: 0, reason: 'workspace' },
    ],
    tokens: {
      names: JOINTS,
      timesS: times,
      probabilities: times.map((timeS) =>
        JOINTS.map((_, joint) => Math.min(1, Math.abs(Math.sin(timeS * 0.7 + joint)) * 0.8 + rng.uniform(0, 0.3))),
      ),
    },
  };
}

function exampleStrip(camera: string, shift: number, durationS: number): CameraStrip {
  const frames = Array.from({ length: 10 }, (_, frame) => ({
    timeS: (frame * durationS) / 10,
    png: encodePng(examplePicture(frame + 3 * shift), 64, 64),
  }));
  return { camera, frames };
}

/** A table with a red cube on its way from left to right. */
function examplePicture(frame: number): Uint8Array {
  const rgb = new Uint8Array(64 * 64 * 3);
  for (let row = 0; row < 64; row += 1) {
    for (let column = 0; column < 64; column += 1) {
      const cube = Math.abs(row - 42) < 6 && Math.abs(column - 8 - 5 * frame) < 6;
      rgb.set(
        cube ? [200, 40, 40] : row > 30 ? [150 - row, 130 - row, 110 - row] : [190, 200, 215],
        (row * 64 + column) * 3,
      );
    }
  }
  return rgb;
}
