import { NS_PER_MS, NS_PER_S } from '../../core/clock.ts';
import { ArmatureError } from '../../core/errors.ts';
import type { BlackBoxFile, BlackBoxTick } from '../../record/black-box-format.ts';
import { numbersOf } from '../../record/black-box-timeline.ts';
import { TickLateness } from '../../runtime/tick-lateness.ts';
import { finite } from './finite.ts';
import { sceneOf } from './known-robot.ts';
import type { KnownRobots, KnownStrips } from './known-robot.ts';
import { gateLanes, laneWhere, spansOf } from './lanes.ts';
import type { Decision, TrackMessage } from './replay-messages.ts';
import { decisionOf } from './strip-decision.ts';

/** All that a black box tells. */
export async function readBlackBoxTrack(
  { header, ticks, pictures, sha256 }: BlackBoxFile,
  name: string,
  robots: KnownRobots,
): Promise<TrackMessage> {
  const { robot, cause, writtenAt, armature, node, platform } = header;
  const startNs = ticks[0]?.timeNs ?? 0;
  const per = (values: (tick: BlackBoxTick) => readonly number[] | undefined): (number | null)[][] =>
    robot.joints.map((_, joint) => ticks.map((tick) => finite(values(tick)?.[joint])));
  const known = robots.robot(robot.name);
  const fits = known?.joints.map((joint) => joint.name).join() === robot.joints.map((joint) => joint.name).join();
  const told = instructionsOf(ticks);
  const decided = decisionsOf(
    { ticks, told },
    known === undefined || !fits ? undefined : stripsOf(ticks, known, robots),
  );
  return {
    title: name,
    robot: robot.name,
    instruction: wordsOf(told).join(', then '),
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
    cameras: camerasOf(pictures),
    stills: stillsOf(pictures, ticks),
    lanes: lanesOf(ticks, told),
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

/** What the arm was told at each tick; empty where nobody knows. */
function instructionsOf(ticks: readonly BlackBoxTick[]): string[] {
  let told = '';
  return ticks.map(({ instruction }) => (told = instruction ?? told));
}

function wordsOf(told: readonly string[]): string[] {
  return [...new Set(told)].filter((text) => text !== '');
}

/** Words have a line of their own where they changed. */
function lanesOf(ticks: readonly BlackBoxTick[], told: readonly string[]): TrackMessage['lanes'] {
  const cut = laneWhere(
    'decision cut by its deadline',
    ticks.map(({ keptJoints = 0 }) => keptJoints > 0),
  );
  return [
    ...gateLanes(ticks),
    ...(cut === undefined ? [] : [cut]),
    ...(wordsOf(told).length > 1 ? [{ name: 'told', kind: 'words' as const, spans: spansOf(told) }] : []),
  ];
}

function stillsOf(pictures: BlackBoxFile['pictures'], ticks: readonly BlackBoxTick[]): TrackMessage['stills'] {
  return pictures.map(({ timeNs, camera, png }) => {
    const row = ticks.findLastIndex((tick) => tick.timeNs <= timeNs);
    return { row: Math.max(0, row), camera, png };
  });
}

function camerasOf(pictures: BlackBoxFile['pictures']): TrackMessage['cameras'] {
  return [...new Map(pictures.map(({ camera, width, height }) => [camera, { name: camera, width, height }])).values()];
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
  { ticks, told }: { readonly ticks: readonly BlackBoxTick[]; readonly told: readonly string[] },
  strips: KnownStrips | undefined,
): Pick<TrackMessage, 'decisions' | 'aboutDecisions'> {
  const rows = [...ticks.keys()].filter((row) => ticks[row]?.actionTokens !== null);
  if (rows.length === 0) return { decisions: [], aboutDecisions: 'No decision of tokens arrived in these seconds.' };
  if (strips === undefined) {
    return {
      decisions: [],
      aboutDecisions: 'No policy with as many action tokens is known here; name it with --policy.',
    };
  }
  const rowAtNs = new Map(ticks.map(({ timeNs }, row) => [timeNs, row]));
  try {
    const decisions = rows.flatMap((row) => {
      const tick = ticks[row] as BlackBoxTick;
      const seenRow = rowAtNs.get(tick.target?.observedNs ?? tick.timeNs) ?? row;
      const seen = ticks[seenRow] ?? tick;
      return blackBoxDecision(row, { tick, seen, instruction: told[seenRow] ?? '' }, strips) ?? [];
    });
    return { decisions, aboutDecisions: 'Emitted then. How sure the policy was is not in a black box.' };
  } catch (error) {
    // Words that the policy known here cannot be told, for example.
    if (error instanceof ArmatureError) return { decisions: [], aboutDecisions: error.message };
    throw error;
  }
}

function blackBoxDecision(
  row: number,
  {
    tick,
    seen,
    instruction,
  }: { readonly tick: BlackBoxTick; readonly seen: BlackBoxTick; readonly instruction: string },
  strips: KnownStrips,
): Decision | undefined {
  const positionsRad = numbersOf(seen.measured.positionsRad);
  const velocitiesRadPerS = numbersOf(seen.measured.velocitiesRadPerS);
  const effortsNm = numbersOf(seen.measured.effortsNm);
  if (positionsRad === undefined || velocitiesRadPerS === undefined || effortsNm === undefined) return undefined;
  return decisionOf(
    { row, actionTokens: tick.actionTokens ?? [], keptJoints: tick.keptJoints ?? 0 },
    {
      tick: seen.tick,
      timeNs: seen.timeNs,
      instruction,
      commandRad: seen.previousRad,
      positionsRad,
      velocitiesRadPerS,
      effortsNm,
    },
    strips,
  );
}

function milliseconds(ns: number | undefined): number | null {
  return finite(ns === undefined ? undefined : ns / NS_PER_MS);
}
