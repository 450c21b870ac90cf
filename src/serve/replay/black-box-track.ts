import { NS_PER_MS, NS_PER_S } from '../../core/clock.ts';
import type { CameraFrame, Observation, Sampled } from '../../core/observation.ts';
import type { BlackBoxFile, BlackBoxTick } from '../../record/black-box-format.ts';
import { numbersOf } from '../../record/black-box-timeline.ts';
import { TickLateness } from '../../runtime/tick-lateness.ts';
import { finite } from './finite.ts';
import { sceneOf } from './known-robot.ts';
import type { KnownRobots, KnownStrips } from './known-robot.ts';
import { gateLanes, laneWhere } from './lanes.ts';
import type { Decision, TrackMessage } from './replay-messages.ts';

/** All that a black box tells. */
export async function readBlackBoxTrack(
  { header, ticks, sha256 }: BlackBoxFile,
  name: string,
  robots: KnownRobots,
): Promise<TrackMessage> {
  const { robot, cause, writtenAt, armature, node, platform } = header;
  const startNs = ticks[0]?.timeNs ?? 0;
  const per = (values: (tick: BlackBoxTick) => readonly number[] | undefined): (number | null)[][] =>
    robot.joints.map((_, joint) => ticks.map((tick) => finite(values(tick)?.[joint])));
  const known = robots.robot(robot.name);
  const fits = known?.joints.map((joint) => joint.name).join() === robot.joints.map((joint) => joint.name).join();
  const decided = decisionsOf(ticks, known === undefined || !fits ? undefined : stripsOf(ticks, known, robots));
  const cut = laneWhere(
    'decision cut by its deadline',
    ticks.map(({ keptJoints = 0 }) => keptJoints > 0),
  );
  return {
    title: name,
    robot: robot.name,
    instruction: '',
    isSuccess: null,
    facts: [
      { name: 'written because', value: cause },
      { name: 'written at', value: writtenAt },
      { name: 'by', value: `Armature ${armature}, Node ${node}, ${platform}` },
      { name: 'last hash', value: sha256 },
    ],
    timesS: ticks.map(({ timeNs }) => (timeNs - startNs) / NS_PER_S),
    unit: 'rad',
    joints: robot.joints.map((joint) => {
      const [low, high] = joint.limits.positionRad;
      return { name: joint.name, low, high };
    }),
    measured: per(({ measured }) => numbersOf(measured.positionsRad)),
    sent: per(({ sentRad }) => sentRad),
    requested: per(({ target }) => numbersOf(target?.positionsRad)),
    cameras: [],
    lanes: [...gateLanes(ticks), ...(cut === undefined ? [] : [cut])],
    series: seriesOf(ticks, robot),
    ...decided,
    ...(await sceneOf(
      robots,
      fits ? known : undefined,
      `No robot "${robot.name}" of these joints is known here: add it to robots/ to see it.`,
    )),
  };
}

function seriesOf(ticks: readonly BlackBoxTick[], robot: BlackBoxFile['header']['robot']): TrackMessage['series'] {
  const lateness = new TickLateness(robot.rates.gateHz);
  return [
    { name: 'lateness of the tick', unit: 'ms', values: ticks.map(({ timeNs }) => finite(lateness.next(timeNs))) },
    { name: 'age of the joint state', unit: 'ms', values: ticks.map(({ measured }) => milliseconds(measured.ageNs)) },
    ...robot.cameras.map(({ name }, camera) => ({
      name: `age of ${name}`,
      unit: 'ms',
      values: ticks.map(({ cameraAgesNs }) => milliseconds(cameraAgesNs[camera])),
    })),
    ...robot.joints.map(({ name }, joint) => ({
      name: `velocity of ${name}`,
      unit: 'rad/s',
      values: ticks.map(({ measured }) => finite(numbersOf(measured.velocitiesRadPerS)?.[joint])),
    })),
    ...robot.joints.map(({ name }, joint) => ({
      name: `effort of ${name}`,
      unit: 'Nm',
      values: ticks.map(({ measured }) => finite(numbersOf(measured.effortsNm)?.[joint])),
    })),
  ].filter(({ values }) => values.some((value) => value !== null));
}

function stripsOf(
  ticks: readonly BlackBoxTick[],
  robot: Parameters<KnownRobots['strips']>[0],
  robots: KnownRobots,
): KnownStrips | undefined {
  const tokens = ticks.find(({ actionTokens }) => actionTokens !== null)?.actionTokens?.length;
  return tokens === undefined ? undefined : robots.strips(robot, tokens);
}

/** The decisions that arrived, each with what it was made on: the tick whose time it names. */
function decisionsOf(
  ticks: readonly BlackBoxTick[],
  strips: KnownStrips | undefined,
): Pick<TrackMessage, 'decisions' | 'withoutDecisions'> {
  const rows = [...ticks.keys()].filter((row) => ticks[row]?.actionTokens !== null);
  if (rows.length === 0) return { decisions: [], withoutDecisions: 'No decision of tokens arrived in these seconds.' };
  if (strips === undefined) {
    return {
      decisions: [],
      withoutDecisions: 'No policy with as many action tokens is known here; name it with --policy.',
    };
  }
  const rowAtNs = new Map(ticks.map(({ timeNs }, row) => [timeNs, row]));
  const decisions = rows.flatMap((row) => {
    const tick = ticks[row] as BlackBoxTick;
    const seen = ticks[rowAtNs.get(tick.target?.observedNs ?? tick.timeNs) ?? row] ?? tick;
    return decisionOf(row, { tick, seen }, strips) ?? [];
  });
  return { decisions, withoutDecisions: '' };
}

function decisionOf(
  row: number,
  { tick, seen }: { readonly tick: BlackBoxTick; readonly seen: BlackBoxTick },
  { reader, cameras }: KnownStrips,
): Decision | undefined {
  const actionTokens = tick.actionTokens ?? [];
  const trace = { actionTokens, probabilities: [], masked: [] };
  const observation = observationOf(seen, cameras);
  if (observation === undefined) return undefined;
  const strip = reader.read(observation, { target: undefined, computeNs: 0, trace });
  if (strip === undefined) return undefined;
  const { words, images, states, actions } = strip;
  const kept = actions.length - (tick.keptJoints ?? 0);
  return {
    row,
    words,
    images,
    states,
    actions: actions.map(({ joint, id }, index) => ({ joint, id, probability: null, isKept: index >= kept })),
  };
}

/** What the joints were when the decision was made; the pictures and the words are not in a black box. */
function observationOf(
  { tick, timeNs, measured, previousRad }: BlackBoxTick,
  cameras: KnownStrips['cameras'],
): Observation | undefined {
  const positions = numbersOf(measured.positionsRad);
  const velocities = numbersOf(measured.velocitiesRadPerS);
  const efforts = numbersOf(measured.effortsNm);
  if (positions === undefined || velocities === undefined || efforts === undefined) return undefined;
  if (![...positions, ...velocities, ...efforts].every(Number.isFinite)) return undefined;
  const { stampNs, ageNs, fresh } = measured;
  return {
    tick,
    timeNs,
    instruction: '',
    commandRad: Float64Array.from(previousRad),
    arm: {
      value: {
        positionsRad: Float64Array.from(positions),
        velocitiesRadPerS: Float64Array.from(velocities),
        effortsNm: Float64Array.from(efforts),
        stampNs,
      },
      ageNs,
      fresh,
    },
    cameras: new Map(
      cameras.map(({ name, width, height }): [string, Sampled<CameraFrame>] => [
        name,
        {
          value: { camera: name, width, height, rgb: new Uint8Array(width * height * 3), stampNs: timeNs },
          ageNs: 0,
          fresh: true,
        },
      ]),
    ),
  };
}

function milliseconds(ns: number | undefined): number | null {
  return finite(ns === undefined ? undefined : ns / NS_PER_MS);
}
