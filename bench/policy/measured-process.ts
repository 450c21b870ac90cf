import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Ready, Round } from './line-protocol.ts';

/** A process that runs ticks when it is asked to. */
export interface MeasuredProcess {
  readonly ready: Ready;
  /** Runs so many ticks. Rejects with what the process said last when it has died. */
  round(ticks: number): Promise<Round>;
  close(): Promise<void>;
}

/** Starts a command that speaks the line protocol; `greeting` is sent first where there is one. */
export async function startMeasured(command: readonly string[], greeting?: unknown): Promise<MeasuredProcess> {
  const [program = '', ...commandArguments] = command;
  const child = spawn(program, commandArguments, {
    stdio: ['pipe', 'pipe', 'pipe'],
    // Spinning threads of PyTorch lose a hundredfold on a shared core.
    env: { ...process.env, OMP_WAIT_POLICY: 'passive' },
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-4000)));
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      complaint += error.message;
      resolve();
    });
    child.once('exit', () => resolve());
  });
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    const answer = await lines.next();
    if (answer.done !== true) return JSON.parse(answer.value) as unknown;
    await ended;
    throw new Error(`${program} ended: ${complaint.trim().split('\n').at(-1) ?? ''}`);
  };
  if (greeting !== undefined) child.stdin.write(`${JSON.stringify(greeting)}\n`);
  const ready = (await next()) as Ready;
  return {
    ready,
    round: async (ticks) => {
      child.stdin.write(`${ticks}\n`);
      return (await next()) as Round;
    },
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
