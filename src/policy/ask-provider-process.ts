import { fork } from 'node:child_process';
import { loaderArguments, moduleEntry } from '../core/module-worker.ts';
import type { ProviderReply, ProviderRequest } from './provider-messages.ts';

/** Of what a process printed before it died, at most so many characters are told. */
const TOLD_CHARACTERS = 200;

/**
 * Has a process of its own try a provider. A crash of it, or silence until the time is over, is an answer like any
 * other: a refusal. Never throws.
 */
export function askProviderProcess(request: ProviderRequest, timeLimitMs: number): Promise<ProviderReply> {
  const entry = moduleEntry(import.meta.url, 'provider-process');
  const child = fork(entry.path, {
    execArgv: loaderArguments(entry),
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let printed = '';
  child.stderr?.on('data', (text: Buffer) => (printed = (printed + text.toString()).slice(-10 * TOLD_CHARACTERS)));
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve({ refusal: `it did not answer within ${timeLimitMs / 1000} s` });
      child.kill('SIGKILL');
    }, timeLimitMs);
    const settle = (reply: ProviderReply): void => {
      clearTimeout(timer);
      resolve(reply);
    };
    child.once('message', settle);
    child.once('error', (error) => settle({ refusal: error.message }));
    // Its last words arrive before its end is told.
    child.once('close', (code, signal) => {
      const words = printed.trim().split('\n').at(-1)?.slice(0, TOLD_CHARACTERS) ?? '';
      const how = signal ?? `code ${code}`;
      settle({ refusal: `its library ended the process (${how})${words === '' ? '' : `: ${words}`}` });
    });
    child.send(request, (error) => {
      if (error !== null) settle({ refusal: error.message });
    });
  });
}
