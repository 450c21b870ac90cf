import { NS_PER_S } from '../src/core/clock.ts';
import { Rng } from '../src/core/rng.ts';
import { listRobots, loadRobot } from '../src/robot/load-robot.ts';
import type { RobotSpec } from '../src/robot/robot-spec.ts';
import { loadSpaceGuard } from '../src/runtime/load-space-guard.ts';
import { SafetyGate } from '../src/safety/gate.ts';
import type { SpaceGuard } from '../src/safety/space-guard.ts';
import { makeArmState } from '../src/testing/index.ts';
import { readOptions } from './options.ts';

interface Times {
  readonly p50Us: number;
  readonly p99Us: number;
}

const { values } = readOptions({
  purpose: 'Time of one step of the gate, without and with the collision twin.',
  options: {
    steps: { type: 'string', default: '20000', value: 'count', words: 'steps of each' },
    json: { type: 'boolean', default: false, words: 'print one JSON object' },
  },
});
const steps = Number(values.steps);
/** Until the code has been compiled. */
const WARM_UP = 5000;
/** Between two targets. */
const TICKS_PER_TARGET = 50;

/** Motion between random poses, as fast as the limits allow: every step plans, none passes unchanged for long. */
function measure(robot: RobotSpec, space: SpaceGuard | undefined): Times {
  const rng = new Rng(1);
  const gate = new SafetyGate(robot, space === undefined ? {} : { space });
  const periodNs = NS_PER_S / robot.rates.gateHz;
  const times: number[] = [];
  let commandRad = Float64Array.from(robot.homeRad);
  let targetRad = commandRad;
  let nowNs = NS_PER_S;
  gate.arm(makeArmState([...commandRad], nowNs), nowNs);
  for (let step = 0; step < WARM_UP + steps; step += 1) {
    nowNs += periodNs;
    if (step > 0 && step % TICKS_PER_TARGET === 0) {
      targetRad = Float64Array.from(robot.joints, ({ limits }, joint) => {
        const home = robot.homeRad[joint] ?? 0;
        return home + 0.4 * (rng.uniform(...limits.positionRad) - home);
      });
    }
    const target = { positionsRad: targetRad, createdNs: nowNs, observedNs: nowNs };
    const input = { nowNs, target, measured: { value: makeArmState([...commandRad], nowNs), ageNs: 0, fresh: true } };
    const beginNs = process.hrtime.bigint();
    const { emittedRad } = gate.step(input);
    const tookNs = Number(process.hrtime.bigint() - beginNs);
    if (step >= WARM_UP) times.push(tookNs / 1000);
    commandRad = Float64Array.from(emittedRad);
  }
  times.sort((left, right) => left - right);
  const quantile = (share: number): number => times[Math.floor(share * (times.length - 1))] ?? NaN;
  return { p50Us: quantile(0.5), p99Us: quantile(0.99) };
}

const rows = [];
for (const name of listRobots()) {
  const robot = loadRobot(name);
  // A leader is only read.
  if (robot.drivers.serial?.role === 'leader') continue;
  const space = await loadSpaceGuard(robot);
  rows.push({ robot: name, plain: measure(robot, undefined), twin: measure(robot, space) });
  space.dispose();
}
if (values.json) console.log(JSON.stringify({ robots: rows }));
else {
  console.log(`us per step over ${steps} steps       plain p50      p99   with twin p50      p99`);
  for (const { robot, plain, twin } of rows) {
    const numbers = [plain.p50Us, plain.p99Us, twin.p50Us, twin.p99Us].map((value) => value.toFixed(1).padStart(12));
    console.log(`${robot.padEnd(30)}${numbers.join('')}`);
  }
}
