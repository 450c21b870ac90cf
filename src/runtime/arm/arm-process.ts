import { Socket } from 'node:net';
import { MonotonicClock } from '../../core/clock.ts';
import { ArmHost } from './arm-host.ts';
import { failureOf } from './arm-spec.ts';
import { FrameReader, encodeText } from './frames.ts';

/**
 * Entry of an arm process, started by ProcessArm. Frames come by standard input and go by descriptor 3, so that
 * nothing a library prints gets between them. The end of standard input is the end of the supervisor: the arm
 * is stopped, and the process ends.
 */
const OUTPUT_DESCRIPTOR = 3;
/** The controlled stop and what is still to be told take less, ms. */
const GRACE_MS = 10_000;

const output = new Socket({ fd: OUTPUT_DESCRIPTOR, readable: false, writable: true });
const reader = new FrameReader();
const host = new ArmHost({ output, clock: new MonotonicClock(), onEnd: end });

process.stdin.on('data', (bytes: Buffer) => {
  try {
    for (const frame of reader.push(bytes)) host.receive(frame);
  } catch (error) {
    output.write(encodeText('failure', failureOf(error)));
    abandon();
  }
});
process.stdin.on('end', abandon);
process.stdin.on('error', abandon);
// A supervisor that does not read any more shows at standard input.
output.on('error', () => undefined);
// The terminal sends an interrupt to the whole group; the supervisor stops the arm first and then ends us.
process.on('SIGINT', () => undefined);
// Whatever breaks on this thread, the gate on the other one still stops the arm.
process.on('uncaughtException', (error) => {
  output.write(encodeText('failure', failureOf(error)));
  abandon();
});
process.on('SIGHUP', abandon);
process.on('SIGTERM', abandon);

function abandon(): void {
  limitLife();
  process.stdin.destroy();
  host.supervisorGone();
}

/** With input and output closed nothing keeps this process alive. */
function end(): void {
  limitLife();
  process.stdin.destroy();
  output.end();
}

/** A supervisor that does not read, or a thread that hangs, does not keep this process for ever. */
function limitLife(): void {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), GRACE_MS).unref();
}
