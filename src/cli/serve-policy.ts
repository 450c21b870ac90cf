import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { LOOPBACK, isLoopback } from '../core/addresses.ts';
import { MonotonicClock } from '../core/clock.ts';
import { loadPolicy } from '../policy/load-policy.ts';
import { precisions } from '../policy/model-manifest.ts';
import type { ModelManifest, Precision } from '../policy/model-manifest.ts';
import { PolicyServer } from '../remote/policy-server.ts';
import { servedManifest } from '../remote/served-manifest.ts';
import type { ServedPolicy } from '../remote/served-manifest.ts';
import { loadRobot } from '../robot/load-robot.ts';
import { GatoAgent } from '../runtime/gato-agent.ts';
import { requireLayoutFitsRobot } from '../tokens/check-layout.ts';
import { Interruption } from './interruption.ts';
import { wholeNumber } from './option-values.ts';

const KEY_VARIABLE = 'ARMATURE_POLICY_KEY';

const EXAMPLES = `
Examples:
  armature serve-policy --policy desk
  armature serve-policy --policy desk --port 8000 --manifest models/desk-served
                               and write the policy.json with which armature run uses it from elsewhere
  ${KEY_VARIABLE}=secret armature serve-policy --policy desk --listen 0.0.0.0

It speaks as openpi's policy server does (docs/remote-policies.md); GET /healthz says whether it is there. Every connection is
an episode of its own. It ends with Ctrl-C.`;

interface ServePolicyOptions {
  readonly policy: string;
  readonly port: number;
  readonly listen: string;
  readonly manifest?: string;
  readonly precision?: Precision;
  readonly threads?: number;
  readonly safetyMask?: boolean;
  readonly json?: boolean;
}

export function addServePolicy(program: Command): void {
  program
    .command('serve-policy')
    .description('Serve a policy to other computers, and to clients of openpi')
    .requiredOption('--policy <folder>', 'policy, by name or folder')
    .option('--port <number>', 'port; 0: a free one', wholeNumber(0), 8000)
    .option('--listen <address>', 'address to listen on; any other than loopback lets the network in', LOOPBACK)
    .option('--manifest <folder>', 'write a policy.json there by which armature run --policy <folder> uses this server')
    .addOption(new Option('--precision <name>', 'graphs to run; default: the first the policy has').choices(precisions))
    .option('--threads <count>', 'threads of one decision', wholeNumber(1))
    .option('--no-safety-mask', 'let the policy choose what the gate would have to limit, too')
    .option('--json', 'print one JSON object at the end')
    .addHelpText('after', EXAMPLES)
    .action(servePolicy);
}

async function servePolicy(options: ServePolicyOptions): Promise<void> {
  const { policy, port, listen: host, precision, threads, safetyMask = true } = options;
  const loaded = loadPolicy(policy);
  const { manifest } = loaded;
  const robot = loadRobot(manifest.robot);
  requireLayoutFitsRobot(manifest.tokens, robot);
  const apiKey = process.env[KEY_VARIABLE] === '' ? undefined : process.env[KEY_VARIABLE];
  const keyed = apiKey === undefined ? {} : { apiKeyVariable: KEY_VARIABLE };
  const settings = { timeoutMs: 1000, firstTimeoutMs: 60_000, ...keyed };
  const served = servedOf(manifest);
  const interruption = new Interruption();
  const server = await PolicyServer.listen({
    manifest: servedManifest(robot, served, { url: `ws://${LOOPBACK}:${port}`, ...settings }),
    openAgent: () => GatoAgent.load(robot, loaded, { precision, threads, safetyMask }),
    host,
    port,
    apiKey,
    clock: new MonotonicClock(),
    log: (line) => console.error(line),
  });
  const { url } = server;
  try {
    if (!isLoopback(host)) console.error(openWarning(host, apiKey !== undefined));
    const say = (line: string): void => (options.json === true ? console.error(line) : console.log(line));
    if (options.manifest !== undefined) {
      await writeManifest(options.manifest, servedManifest(robot, served, { url, ...settings }));
      say(`wrote ${join(options.manifest, 'policy.json')}`);
    }
    say(`ready ${url}: policy ${manifest.name} of robot ${robot.name}, ${manifest.controlHz} Hz`);
    await interruption.interrupted;
  } finally {
    await server.close();
    interruption.close();
  }
  if (options.json === true) console.log(JSON.stringify({ url, policy: manifest.name, ...server.counts }));
}

function servedOf({ name, description, controlHz, tokens }: ModelManifest): ServedPolicy {
  const read = tokens.state.map((modality) => modality.name);
  return {
    name,
    description,
    controlHz,
    cameras: tokens.cameras.map((camera) => camera.name),
    quantities: [
      'command',
      ...(read.includes('velocities') ? (['velocity'] as const) : []),
      ...(read.includes('efforts') ? (['effort'] as const) : []),
    ],
  };
}

async function writeManifest(directory: string, manifest: object): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'policy.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

function openWarning(host: string, hasKey: boolean): string {
  const who = hasKey ? 'who has the key' : `who can reach the port: set ${KEY_VARIABLE} to want a key`;
  return `warning: listening on ${host}, open to everybody ${who}; what is sent is not encrypted`;
}
