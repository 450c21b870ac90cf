/* One gate's loop on a mirror arm with its collision twin, in real time, alone on its thread. Started by pauses.ts. */
import { parseArgs } from 'node:util';
import { MonotonicClock, NS_PER_MS, NS_PER_S } from '../../src/core/clock.ts';
import { Rng } from '../../src/core/rng.ts';
import { MirrorDriver } from '../../src/drivers/mirror/mirror-driver.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { ArmMemory } from '../../src/runtime/arm/arm-memory.ts';
import { GateLoop } from '../../src/runtime/arm/gate-loop.ts';
import { COMMAND_CODES, writeTarget } from '../../src/runtime/arm/message-formats.ts';
import { raisePriority, threadId } from '../../src/runtime/arm/thread-priority.ts';
import { TickTimer } from '../../src/runtime/arm/tick-timer.ts';
import { quantilesMs } from '../../src/runtime/statistics.ts';
import { loadSpaceGuard } from '../../src/runtime/load-space-guard.ts';

const { values } = parseArgs({
  options: { robot: { type: 'string', default: 'so101' }, seconds: { type: 'string', default: '600' } },
});
const robot = loadRobot(values.robot);
/** Until the code has been compiled, s. */
const WARM_UP_S = 5;
/** Between telling that the start is over and the first tick that counts. */
const READY_TICKS = 10;
/** Between two setpoints, as a policy gives them. */
const ticksPerSetpoint = Math.round(robot.rates.gateHz / robot.rates.controlHz);
const ticks = Math.round(Number(values.seconds) * robot.rates.gateHz);
const warmUp = Math.round(WARM_UP_S * robot.rates.gateHz);
const periodNs = NS_PER_S / robot.rates.gateHz;

const clock = new MonotonicClock();
const rng = new Rng(1);
const driver = new MirrorDriver(robot, clock.nowNs());
await driver.connect();
const memory = new ArmMemory(robot, ArmMemory.allocate(robot));
const loop = new GateLoop({
  robot,
  space: await loadSpaceGuard(robot),
  driver,
  advance: () => driver.publish(clock.nowNs()),
  memory,
  supervisorMs: 500,
  onCheckpoint: () => undefined,
  onFailure: (error) => {
    throw error;
  },
  onRefusal: () => undefined,
});

const command = new Float64Array(memory.command.length);
const setpoint = new Float64Array(memory.setpoint.length);
const row = new Float64Array(memory.record.length);
const alive = new Float64Array(1);
let sequence = 0;
const priority = raisePriority(threadId());
const timer = new TickTimer(clock, periodNs);
const latenessNs = new Float64Array(ticks);
const workNs = new Float64Array(ticks);

function say(code: number): void {
  memory.command.set(command, 'sequence', (sequence += 1));
  memory.command.set(command, 'code', code);
  memory.commands.push(command);
}

function aim(nowNs: number): void {
  const positionsRad = Float64Array.from(robot.joints, ({ limits }, joint) => {
    const home = robot.homeRad[joint] ?? 0;
    return home + 0.4 * (rng.uniform(...limits.positionRad) - home);
  });
  memory.setpoint.set(setpoint, 'sequence', (sequence += 1));
  writeTarget(memory.setpoint, setpoint, 'positionsRad', { positionsRad, createdNs: nowNs, observedNs: nowNs });
  memory.setpointSlot.write(setpoint);
}

for (let tick = -warmUp; tick < ticks; tick += 1) {
  const time = timer.wait();
  alive[0] = time.nowNs;
  memory.supervisorSlot.write(alive);
  if (tick === 2 - warmUp) say(COMMAND_CODES.arm);
  if (tick > 2 - warmUp && tick % ticksPerSetpoint === 0) aim(time.nowNs);
  loop.tick(time);
  if (tick >= 0) {
    latenessNs[tick] = time.nowNs - time.deadlineNs;
    workNs[tick] = clock.nowNs() - time.nowNs;
  }
  while (memory.records.take(row));
  // Read by pauses.ts: what came before it belongs to the start.
  if (tick === -READY_TICKS) console.log('BEGIN');
}
const result = {
  ticks,
  periodMs: periodNs / NS_PER_MS,
  priority,
  latenessMs: quantilesMs([...latenessNs]),
  workMs: quantilesMs([...workNs]),
};
console.log(`RESULT ${JSON.stringify(result)}`);
process.exit();
