import type { Command } from 'commander';
import { listPolicies } from '../policy/find-policy.ts';
import { loadPolicy } from '../policy/load-policy.ts';
import type { ModelManifest } from '../policy/model-manifest.ts';
import { isRemotePolicy, loadRemotePolicy } from '../remote/load-remote-policy.ts';
import type { RemoteManifest } from '../remote/remote-manifest.ts';
import { measuredText } from './measured-text.ts';
import { formatTable } from './table.ts';

const EXAMPLES = `
Examples:
  armature policies            every policy that ships
  armature policies desk       what it was trained on, and how well it does
  armature policies --json     for programs`;

export function addPolicies(program: Command): void {
  program
    .command('policies')
    .description('List the policies, or show one with its tasks, sizes and measured success')
    .argument('[policy]', 'name of a folder in models/, or the path of one')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action((policy: string | undefined, options: { json?: boolean }) => {
      const names = policy === undefined ? listPolicies() : [policy];
      const manifests = names.map(manifestOf);
      if (options.json) console.log(JSON.stringify(policy === undefined ? manifests : manifests[0], null, 2));
      else console.log(policy === undefined ? summary(manifests) : manifests.map(details).join('\n'));
    });
}

type Manifest = ModelManifest | RemoteManifest;

function manifestOf(policy: string): Manifest {
  return isRemotePolicy(policy) ? loadRemotePolicy(policy) : loadPolicy(policy).manifest;
}

function summary(manifests: readonly Manifest[]): string {
  if (manifests.length === 0) return 'No policy in models/ yet.';
  return formatTable(
    ['policy', 'robot', 'tasks', 'control', 'description'],
    manifests.map((manifest) => [
      manifest.name,
      manifest.robot,
      manifest.family === 'remote' ? '' : String(manifest.tasks.length),
      `${manifest.controlHz} Hz`,
      manifest.description,
    ]),
  );
}

function details(manifest: Manifest): string {
  return manifest.family === 'remote' ? remoteDetails(manifest) : modelDetails(manifest);
}

function remoteDetails({
  name,
  description,
  robot,
  joints,
  controlHz,
  server,
  observation,
  actions,
}: RemoteManifest): string {
  const keyText = (key: string | readonly string[]): string => (typeof key === 'string' ? key : key.join('.'));
  const images = observation.images.map(
    ({ camera, key, width, height }) => `${camera} ${width}x${height} as ${keyText(key)}`,
  );
  const states = observation.states.map(({ quantity, key }) => `${quantity} as ${keyText(key)}`);
  return [
    `${name}: ${description}`,
    '',
    `robot     ${robot} (${joints.join(', ')}), ${controlHz} Hz`,
    `server    ${server.url}, ${server.timeoutMs} ms for an answer`,
    `sees      ${[...images, ...states].join('; ')}`,
    `actions   ${keyText(actions.key)}, ${actions.steps} control ticks an answer, ${actions.execute} carried out`,
  ].join('\n');
}

function modelDetails(manifest: ModelManifest): string {
  const { model, context } = manifest;
  const { chunk } = manifest.tokens;
  return [
    `${manifest.name}: ${manifest.description}`,
    '',
    `robot     ${manifest.robot} (${manifest.joints.join(', ')}), ${manifest.controlHz} Hz`,
    `tasks     ${manifest.tasks.join(', ')} (${manifest.suite})`,
    `model     ${manifest.family}, ${model.layers} layers of width ${model.width}, ${model.heads} heads`,
    `context   ${context.steps} control ticks, ${context.ringPositions} positions`,
    `actions   ${model.actionTokens} tokens, ${chunk.steps} control ticks decided at a time, ${chunk.execute} carried out`,
    `sampling  ${manifest.sampling.kind}`,
    `files     ${Object.keys(manifest.files).join(', ')}`,
    `measured  ${measuredText(manifest.measured).join('\n          ')}`,
  ].join('\n');
}
