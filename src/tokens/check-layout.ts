import { ArmatureError } from '../core/errors.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { LayoutSpec } from './layout-spec.ts';
import type { PieceVocabulary } from './pieces.ts';

/** Throws E_INVALID_LAYOUT, with everything that is wrong, for a spec that contradicts itself. */
export function requireValidLayout(spec: LayoutSpec, pieces?: PieceVocabulary): void {
  const problems = [
    ...textProblems(spec, pieces),
    ...cameraProblems(spec),
    ...stateProblems(spec),
    ...actionProblems(spec),
  ];
  if (problems.length > 0) {
    throw new ArmatureError('E_INVALID_LAYOUT', `the token layout does not hold together: ${problems.join('; ')}`, {
      remedy: 'Correct these entries of `tokens` in policy.json; they must be those the policy was trained with.',
    });
  }
}

/**
 * Throws E_LAYOUT_ROBOT when a policy of this layout cannot drive the robot: other joints, another
 * joint order, or cameras the robot lacks or has in another size.
 */
export function requireLayoutFitsRobot(spec: LayoutSpec, robot: RobotSpec): void {
  const problems: string[] = [];
  const layoutJoints = spec.actions.map(({ joint }) => joint).join(', ');
  const robotJoints = robot.joints.map(({ name }) => name).join(', ');
  if (spec.choice !== undefined || spec.state.some(({ codec }) => codec === 'linear-values'))
    problems.push("it is for a task that is no arm's");
  if (layoutJoints !== robotJoints) problems.push(`its actions move [${layoutJoints}], the robot has [${robotJoints}]`);
  for (const { name, width, height, goalOf } of spec.cameras) {
    const camera = robot.cameras.find((candidate) => candidate.name === name);
    if (goalOf !== undefined) {
      if (camera !== undefined) problems.push(`"${name}" is a goal of the policy, but a camera of the robot`);
    } else if (camera === undefined) problems.push(`the robot has no camera "${name}"`);
    else if (camera.width !== width || camera.height !== height)
      problems.push(`camera "${name}" is ${camera.width}x${camera.height}, the policy sees ${width}x${height}`);
  }
  if (problems.length > 0) {
    throw new ArmatureError(
      'E_LAYOUT_ROBOT',
      `the token layout does not fit robot "${robot.name}": ${problems.join('; ')}`,
      { remedy: 'Use a policy trained on this robot, or correct robot.yaml.' },
    );
  }
}

function textProblems({ text, codec }: LayoutSpec, vocabulary: PieceVocabulary | undefined): string[] {
  const [count, what] =
    text.kind === 'words'
      ? [text.vocabulary.length, `text.vocabulary has ${text.vocabulary.length} words`]
      : [text.pieces, `text has ${text.pieces} pieces`];
  const problems = count <= codec.textVocabulary ? [] : [`${what}, codec.textVocabulary only ${codec.textVocabulary}`];
  if (text.kind === 'sentencepiece' && vocabulary?.pieces.length !== text.pieces)
    problems.push(`text has ${text.pieces} pieces, its vocabulary ${vocabulary?.pieces.length ?? 'was not given'}`);
  return problems;
}

function cameraProblems({ cameras, patchSize }: LayoutSpec): string[] {
  const problems = duplicates(cameras.map(({ name }) => name)).map((name) => `camera "${name}" stands twice`);
  for (const { name, width, height, goalOf } of cameras) {
    if (width % patchSize !== 0 || height % patchSize !== 0)
      problems.push(`camera "${name}" of ${width}x${height} is not a whole number of patches of ${patchSize} pixels`);
    if (goalOf === undefined) continue;
    const seen = cameras.find((camera) => camera.name === goalOf && camera.goalOf === undefined);
    if (seen === undefined) problems.push(`goal "${name}" is of "${goalOf}", which is no other camera of the layout`);
    else if (seen.width !== width || seen.height !== height)
      problems.push(`goal "${name}" is ${width}x${height}, camera "${goalOf}" ${seen.width}x${seen.height}`);
  }
  return problems;
}

function stateProblems({ state, actions }: LayoutSpec): string[] {
  const problems = duplicates(state.map(({ name }) => name)).map((name) => `state "${name}" stands twice`);
  for (const modality of state) {
    if (modality.codec === 'mulaw') continue;
    const { name, low, high } = modality;
    const values = modality.codec === 'linear' ? actions.length : low.length;
    if (low.length !== values || high.length !== values)
      problems.push(`state "${name}" needs a low and a high for each of ${values} joints or values`);
    if (low.some((value, index) => !(value < (high[index] ?? Infinity))))
      problems.push(`state "${name}" has a low that is not below its high`);
  }
  return problems;
}

function actionProblems({ actions, choice, chunk, codec }: LayoutSpec): string[] {
  const problems = duplicates(actions.map(({ joint }) => joint)).map((joint) => `action "${joint}" stands twice`);
  for (const { joint, lowRad, highRad } of actions) {
    if (!(lowRad < highRad)) problems.push(`action "${joint}" has a lowRad that is not below its highRad`);
  }
  if ((choice === undefined) === (actions.length === 0)) problems.push('it needs either actions or a choice');
  if (choice !== undefined && choice.values > codec.textVocabulary)
    problems.push(
      `choice "${choice.name}" has ${choice.values} values, codec.textVocabulary only ${codec.textVocabulary}`,
    );
  if (chunk.execute > chunk.steps)
    problems.push(`chunk.execute is ${chunk.execute}, but a chunk has only ${chunk.steps} control ticks`);
  return problems;
}

function duplicates(names: readonly string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) !== index);
}
