import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import { pageDirectory } from '../core/data-directory.ts';
import { InvalidFileError } from '../core/errors.ts';
import { isLoopback } from '../core/addresses.ts';
import { Library } from '../serve/replay/library.ts';
import { ReplayServer } from '../serve/replay/replay-server.ts';
import type { LibraryMessage } from '../serve/replay/replay-messages.ts';
import { THIS_COMPUTER } from './dashboard/addresses.ts';
import { listenAddress } from './dashboard/listen-address.ts';
import type { ListenAddress } from './dashboard/listen-address.ts';
import { Interruption } from './interruption.ts';
import { knownRobots } from './known-robots.ts';

/** Where the examples of the other verbs put what they write. */
const USUAL_FOLDERS = ['data', 'runs', 'reports', 'clips'] as const;

const EXAMPLES = `
Examples:
  armature serve                                what is in ${USUAL_FOLDERS.join(', ')}
  armature serve data/desk                      one dataset
  armature serve runs/black-box clips           black boxes, and the films of armature eval --video clips
  armature serve --policy runs/desk             the tokens in black boxes are those of this policy
  armature serve --listen 0.0.0.0:8080          for other computers, too

It only reads: nothing can be changed from the page, and no arm is reached. What it opens of a dataset is what somebody
looks at. Ctrl-C ends it.`;

interface ServeOptions {
  readonly listen?: ListenAddress;
  readonly policy?: string;
  readonly json?: boolean;
}

export function addServe(program: Command): void {
  program
    .command('serve')
    .description('Look at recordings, black boxes and evaluations in a browser')
    .argument('[folders...]', `where they are; default: ${USUAL_FOLDERS.join(', ')}`)
    .option(
      '--listen <address>',
      'where the page is served, as in 0.0.0.0:8080; default: this computer alone',
      listenAddress,
    )
    .option('--policy <folder>', 'whose tokens are in black boxes; default: a policy of the robot that is installed')
    .option('--json', 'print one JSON object with the address, then stay')
    .addHelpText('after', EXAMPLES)
    .action(serve);
}

async function serve(given: readonly string[], options: ServeOptions): Promise<void> {
  for (const folder of given) if (!existsSync(folder)) throw notThere(folder);
  const folders = given.length > 0 ? given : USUAL_FOLDERS.filter((folder) => existsSync(folder));
  const { address, port } = options.listen ?? THIS_COMPUTER;
  const robots = knownRobots(options.policy);
  const library = new Library(folders);
  const interruption = new Interruption();
  const server = await ReplayServer.open({ pageDirectory: pageDirectory(), address, port, library, robots });
  try {
    const there = await library.scan();
    if (options.json === true) console.log(JSON.stringify({ url: server.url, ...counts(there) }));
    else process.stderr.write(`${textOf(address, server.url, there)}\n`);
    await interruption.interrupted;
  } finally {
    await server.close();
    interruption.close();
  }
}

function counts({ folders, recordings, blackBoxes, evaluations }: LibraryMessage): Readonly<Record<string, unknown>> {
  return {
    folders,
    recordings: recordings.length,
    blackBoxes: blackBoxes.length,
    evaluations: evaluations.length,
  };
}

/** What is there, where the page is, and what that means. */
function textOf(
  address: string,
  url: string,
  { folders, recordings, blackBoxes, evaluations }: LibraryMessage,
): string {
  const count = (things: readonly unknown[], one: string, more: string): string =>
    `${things.length} ${things.length === 1 ? one : more}`;
  const found = [
    count(recordings, 'recording', 'recordings'),
    count(blackBoxes, 'black box', 'black boxes'),
    count(evaluations, 'evaluation', 'evaluations'),
  ].join(', ');
  const reach = isLoopback(address)
    ? []
    : [
        `The page listens on ${address}: whoever reaches this computer and has the address below sees what is in these folders.`,
        'Nothing is encrypted: others on the network can read along, address included. Use it on networks you trust.',
      ];
  const where = folders.length === 0 ? `none of ${USUAL_FOLDERS.join(', ')} is here` : folders.join(', ');
  return [...reach, `${found} in ${where}`, `to look    ${url}`, 'Ctrl-C ends it.'].join('\n');
}

function notThere(folder: string): InvalidFileError {
  return new InvalidFileError(folder, 'is not there', {
    expected: 'a folder with recordings, black boxes or evaluations, or one of them',
    remedy: `Name what exists, or nothing for ${USUAL_FOLDERS.join(', ')}.`,
  });
}
