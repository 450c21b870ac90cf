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
  work = work.then(() => handle(request));
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

async function handle(request: CameraRequest): Promise<void> {
  try {
    const result = await answer(request);
    if ('id' in request) await report({ kind: 'reply', id: request.id, ...result });
  } catch (error) {
    const failure = failureOf(error);
    await report('id' in request ? { kind: 'reply', id: request.id, failure } : { kind: 'failure', failure });
  }
  if (request.kind === 'close' && process.connected) process.disconnect();
}

async function answer(request: CameraRequest): Promise<Pick<CameraReply, 'recorded'>> {
  switch (request.kind) {
    case 'push':
      host?.push(request, request.stampNs);
      return {};
    case 'row':
      await host?.row(request.timeNs);
      return {};
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
