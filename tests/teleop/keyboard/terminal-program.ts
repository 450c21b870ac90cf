import { writeFileSync } from 'node:fs';
import { TerminalKeys } from '../../../src/teleop/keyboard/terminal-keys.ts';

/** Says which keys are pressed. `x` exits, `y` throws; `z` returns. With `answering` it answers SIGINT and a lost terminal itself, and
 * writes a file at an orderly end. */
const keys = new TerminalKeys({ input: process.stdin, output: process.stdout });
const isAnswering = process.argv[2] === 'answering';
const alive = setInterval(() => undefined, 1000);

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function end(why: string): void {
  say(why);
  clearInterval(alive);
  keys.close();
}

if (isAnswering) {
  process.on('SIGINT', () => end('[stopped by SIGINT]'));
  // What takes time at the end, such as bringing an arm to rest, is not cut off by writing to a terminal that is gone.
  keys.listen({
    onLost: () => {
      say('[hung up]');
      setTimeout(() => {
        say('[still here]');
        end('[ended]');
        if (process.argv[3] !== undefined) writeFileSync(process.argv[3], 'ended in order');
      }, 200);
    },
  });
}
keys.listen({
  onKey: ({ key }) => {
    if (key === 'x') process.exit(3);
    if (key === 'y') throw new Error('thrown on purpose');
    if (key === 'z') end('[returned]');
    else say(`[${key}]`);
  },
});
say('[ready]');
