import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ArmatureError, InvalidFileError, messageOf } from '../core/errors.ts';
import { limitsDigest, parseBlackBox } from '../record/black-box-format.ts';
import type { BlackBoxFile } from '../record/black-box-format.ts';
import { listRobots, loadRobot } from '../robot/load-robot.ts';
import { replayBlackBox } from '../runtime/black-box-replay.ts';
import type { Replay } from '../runtime/black-box-replay.ts';
import { loadSpaceGuard } from '../runtime/load-space-guard.ts';
import { openSpace } from '../safety/space-guard.ts';
import { stopFacts, timeline, toldWords } from '../record/black-box-timeline.ts';
import type { StopFacts, TimelineSegment, ToldWords } from '../record/black-box-timeline.ts';
import { explanationText } from './explanation-text.ts';
import { renderBlackBoxPlot } from './report/black-box-plot.ts';

const EXAMPLES = `
Examples:
  armature explain runs/black-box/so101-stale-target-1.jsonl
  armature explain so101-aborted-1.jsonl --plot stop.svg      the same as one page of curves
  armature explain so101-aborted-1.jsonl --replay             does the gate of today do the same, to the bit?

Every line of a black box carries the hash of the one before: a file that was cut or changed is refused. Who
notes the last hash, which is printed here, can also tell a file that was forged as a whole.`;

interface ExplainOptions {
  readonly robot?: string;
  readonly plot?: string;
  readonly replay?: boolean;
  readonly json?: boolean;
}

/** What `armature explain` says of a file. */
export interface Explanation {
  readonly file: string;
  readonly robot: string;
  readonly cause: string;
  readonly writtenAt: string;
  readonly versions: { readonly armature: string; readonly node: string; readonly platform: string };
  readonly ticks: number;
  readonly seconds: number;
  readonly gateHz: number;
  /** Hash of the last line; all lines were checked. */
  readonly sha256: string;
  readonly limitsSha256: string;
  /** Whether the robot of this name has the same limits today; null when there is none. */
  readonly limitsMatch: boolean | null;
  /** What the arm was told; empty where the file does not hold it. */
  readonly told: readonly ToldWords[];
  readonly segments: readonly TimelineSegment[];
  readonly stop: StopFacts;
  /** Null unless it was asked for. */
  readonly replay: (Omit<Replay, 'firstDifference'> & { readonly identical: boolean }) | null;
  readonly plot: string | null;
}

export function addExplain(program: Command): void {
  program
    .command('explain')
    .description('Say what happened before a stop, from the file of a black box')
    .argument('<file>', 'what armature run --black-box wrote')
    .option(
      '--plot <file.svg>',
      'draw what was asked, sent and measured, with limits and reasons, on one page',
      svgPath,
    )
    .option('--replay', 'put it through the safety gate once more and compare every bit')
    .option('--robot <name>', 'for --replay: the robot, by name or folder; default: the one of the name in the file')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(explain);
}

async function explain(path: string, options: ExplainOptions): Promise<void> {
  const file = parseBlackBox(await readBlackBox(path), path);
  const replay = options.replay === true ? await replayOf(file, path, options.robot) : undefined;
  if (replay?.firstDifference !== undefined) throw replayDiffers(replay, path);
  if (options.plot !== undefined) await savePlot(options.plot, file);
  const explanation = explanationOf(path, file, { replay, plot: options.plot });
  console.log(options.json === true ? JSON.stringify(explanation) : explanationText(explanation));
}

/** Replays it with the space guard of the robot, which the file holds no model of. */
async function replayOf(file: BlackBoxFile, path: string, robotName?: string): Promise<Replay> {
  const { name } = file.header.robot;
  const known = robotName ?? (listRobots().includes(name) ? name : undefined);
  const space = known === undefined ? openSpace : await loadSpaceGuard(loadRobot(known));
  try {
    return replayBlackBox(file, path, space);
  } finally {
    space.dispose();
  }
}

function explanationOf(
  path: string,
  file: BlackBoxFile,
  done: { readonly replay: Replay | undefined; readonly plot: string | undefined },
): Explanation {
  const { header, ticks, limitsSha256, sha256 } = file;
  const { robot, cause, writtenAt, armature, node, platform } = header;
  const [first, last] = [ticks[0]?.timeNs ?? 0, ticks.at(-1)?.timeNs ?? 0];
  return {
    file: path,
    robot: robot.name,
    cause,
    writtenAt,
    versions: { armature, node, platform },
    ticks: ticks.length,
    seconds: (last - first) / 1e9,
    gateHz: robot.rates.gateHz,
    sha256,
    limitsSha256,
    limitsMatch: listRobots().includes(robot.name) ? limitsDigest(loadRobot(robot.name)) === limitsSha256 : null,
    told: toldWords(file),
    segments: timeline(file),
    stop: stopFacts(file),
    replay: done.replay === undefined ? null : { ticks: done.replay.ticks, identical: true },
    plot: done.plot ?? null,
  };
}

async function readBlackBox(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const found = messageOf(cause);
    throw new InvalidFileError(path, 'cannot be read', { found, remedy: 'Give the path of a black box.', cause });
  }
}

async function savePlot(path: string, file: BlackBoxFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, renderBlackBoxPlot(file));
}

function replayDiffers({ firstDifference }: Replay, path: string): ArmatureError {
  const { tick, what, recorded, replayed } = firstDifference ?? { tick: 0, what: '', recorded: '', replayed: '' };
  return new ArmatureError('E_REPLAY_DIFFERS', `${path}: the gate does otherwise at tick ${tick}`, {
    expected: `${what} ${recorded}`,
    found: replayed,
    remedy: 'Replay it with the version of Armature that wrote it; "armature explain" names it.',
  });
}

/** For commander. */
function svgPath(text: string): string {
  if (text.toLowerCase().endsWith('.svg')) return text;
  throw new InvalidArgumentError('Expected a file name that ends in .svg.');
}
