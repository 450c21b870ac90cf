import { MonotonicClock } from '../../core/clock.ts';
import { loadNodeAv } from '../../record/node-av.ts';
import { giveWay } from '../arm/thread-priority.ts';
import { CameraHost, failureOf } from './camera-host.ts';
import { PULSE_MS } from './camera-messages.ts';
import type { CameraReply, CameraReport, CameraRequest } from './camera-messages.ts';

/**
 * Entry of a camera process, started by CameraLink. It does one thing after another, in the order it was told, and
 * ends when it is told to close or when its parent disappears; an episode that is under way then leaves nothing.
 */

/** What may still be running at the end gets this long, ms. */
const GRACE_MS = 3000;

let host: CameraHost | undefined;
let work = Promise.resolve();
let pulse: NodeJS.Timeout | undefined;

process.on('message', (request: CameraRequest) => {
  // In the order of the rows, since it may be what the next one is to show.
  work =
    request.kind === 'push' ? work.then(() => host?.push(request, request.stampNs)) : work.then(() => handle(request));
});
process.on('disconnect', () => {
  clearInterval(pulse);
  // With the channel gone nothing keeps this process alive, unless something in it hangs.
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), GRACE_MS).unref();
  void host?.close();
});
// The terminal sends an interrupt to the whole group; the parent ends the episode first and then closes us.
process.on('SIGINT', () => undefined);
giveWay();

async function handle(request: Exclude<CameraRequest, { kind: 'push' }>): Promise<void> {
  if (request.kind === 'row') return host?.row(request.timeNs);
  const { id } = request;
  try {
    await report({ kind: 'reply', id, ...(await answer(request)) });
  } catch (error) {
    await report({ kind: 'reply', id, failure: failureOf(error) });
  }
  if (request.kind === 'close' && process.connected) process.disconnect();
}

async function answer(
  request: Exclude<CameraRequest, { kind: 'push' | 'row' }>,
): Promise<Pick<CameraReply, 'recorded'>> {
  switch (request.kind) {
    case 'open':
      host = new CameraHost({ av: await loadNodeAv(), spec: request.spec, clock: new MonotonicClock(), report });
      pulse = setInterval(beat, PULSE_MS);
      return {};
    case 'begin':
      await host?.begin(request.episode);
      return {};
    case 'end':
      return host === undefined ? {} : { recorded: await host.end() };
    case 'discard':
      await host?.discard();
      return {};
    case 'close':
      await host?.close();
      return {};
  }
}

function beat(): void {
  if (host !== undefined) void report({ kind: 'pulse', encodedRows: host.encodedRows, problem: host.problem });
}

/** Resolves also where the parent has gone: it hears nothing any more. */
function report(message: CameraReport): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected && process.send !== undefined) process.send(message, () => resolve());
    else resolve();
  });
}
