#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { addCalibrate } from './calibrate.ts';
import { addDataset } from './dataset.ts';
import { addDemos } from './demos.ts';
import { addDoctor } from './doctor.ts';
import { addEmulate } from './emulate.ts';
import { addEval } from './eval.ts';
import { addExplain } from './explain.ts';
import { describeFailure } from './failure.ts';
import { packageVersion } from './package-version.ts';
import { addMotors } from './motors.ts';
import { addPolicies } from './policies.ts';
import { addPorts } from './ports.ts';
import { addQuickstart } from './quickstart.ts';
import { addRecord } from './record.ts';
import { addReplay } from './replay.ts';
import { addRest } from './rest.ts';
import { addRobots } from './robots.ts';
import { addRos } from './ros.ts';
import { addRun } from './run.ts';
import { addServe } from './serve.ts';
import { addServePolicy } from './serve-policy.ts';
import { addTeleop } from './teleop.ts';
import { addTasks } from './tasks.ts';
import { addTrain } from './train.ts';

/** Every verb of the command line; a new one is a file and a line here. */
const VERBS = [
  addQuickstart,
  addRun,
  addExplain,
  addServe,
  addDemos,
  addTeleop,
  addRecord,
  addReplay,
  addRest,
  addDataset,
  addTrain,
  addEval,
  addEmulate,
  addRobots,
  addPolicies,
  addServePolicy,
  addTasks,
  addPorts,
  addMotors,
  addCalibrate,
  addRos,
  addDoctor,
];

/** Status of a usage error: a flag or a verb that does not exist. 1 means that the work failed. */
const USAGE_ERROR = 2;

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  // A reader that has seen enough (`armature robots | head -1`) closes the pipe: that is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 1);
  });
  const json = words.includes('--json');
  try {
    await buildProgram(json).parseAsync(words, { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    if (error instanceof CommanderError) return reportUsage(error, json);
    const { text, document } = describeFailure(error);
    if (json) console.log(JSON.stringify(document));
    else console.error(text);
    return 1;
  }
}

function buildProgram(json: boolean): Command {
  const program = new Command('armature')
    .description('Runs one transformer on robot arms, with a safety gate between every decision and every motor.')
    .version(packageVersion(), '--version', 'Print the version')
    .helpOption('-h, --help', 'Show help')
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ writeErr: (text) => (json ? undefined : process.stderr.write(text)) })
    .addHelpText(
      'after',
      '\nExamples:\n  armature quickstart\n  armature robots\n  armature doctor\n  armature <verb> --help',
    );
  for (const addVerb of VERBS) addVerb(program);
  return program;
}

/** Commander has already written help, version or the complaint. */
function reportUsage(error: CommanderError, json: boolean): number {
  if (error.exitCode === 0) return 0;
  // Called without a verb, commander shows the help as an error.
  if (error.code === 'commander.help') return USAGE_ERROR;
  if (json) {
    const message = error.message.replace(/^error: /, '');
    const remedy = 'Run the verb with --help to see its flags.';
    console.log(JSON.stringify({ error: { code: 'E_USAGE', message, remedy } }));
  }
  return USAGE_ERROR;
}
