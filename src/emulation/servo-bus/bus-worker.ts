import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { MonotonicClock } from '../../core/clock.ts';
import { toFailure } from '../../core/failure.ts';
import { Rng } from '../../core/rng.ts';
import { armMotors, requireSerial } from '../../drivers/serial/arm-motors.ts';
import type { ArmMotor } from '../../drivers/serial/arm-motors.ts';
import { protocolOf } from '../../drivers/serial/protocol-of.ts';
import { loadTask } from '../../sim/load-task.ts';
import { startEpisode } from '../../sim/task.ts';
import { readWorldState, worldStateLength } from '../../sim/world-state.ts';
import { World } from '../../sim/world.ts';
import { assembleArm, drivenGains, motorOf } from './assemble-arm.ts';
import { BusLoop } from './bus-loop.ts';
import { BROKEN } from './bus-messages.ts';
import type { BusReport, BusRequest, BusWorkerData, ServoBusState } from './bus-messages.ts';
import { FreeJointPlant } from './free-joint-plant.ts';
import { MujocoPlant } from './mujoco-plant.ts';
import type { JointPlant } from './plant.ts';
import { PseudoTerminal } from './pseudo-terminal.ts';
import { ServoBus } from './servo-bus.ts';

/** Entry of the thread that an emulated bus has for itself; started by startServoBus. */
const data = workerData as BusWorkerData;
const report = (message: BusReport): void => parentPort?.postMessage(message);

try {
  await serve();
} catch (error) {
  report({ kind: 'failure', failure: toFailure(error, BROKEN) });
}

async function serve(): Promise<void> {
  const motors = armMotors(data.robot, data.calibration);
  const scene = data.task === undefined ? undefined : await loadScene(data.task, motors);
  const plant = scene?.plant ?? freePlant(motors);
  const world = scene?.world;
  plant.reset(data.robot.restRad, data.seed);
  const { protocol, baudRate } = requireSerial(data.robot);
  const bus = new ServoBus({
    protocol: protocolOf(protocol),
    arm: assembleArm({ motors, plant, isCalibrated: data.isCalibrated }),
    baudRate,
    rng: new Rng(data.seed),
  });
  const { device } = data;
  const openTerminal = (): PseudoTerminal =>
    device === undefined ? PseudoTerminal.open() : PseudoTerminal.use(device);
  const clock = new MonotonicClock();
  const loop = new BusLoop({ bus, clock, openTerminal, link: data.link });
  for (const command of data.commands) loop.control(command);
  const state = (): ServoBusState => stateOf(bus, loop, { timeNs: clock.nowNs(), world });
  parentPort?.on('message', (request: BusRequest) => {
    if (request.kind === 'state') return report({ kind: 'state', ticket: request.ticket, state: state() });
    if (request.kind === 'command') return guarded(() => loop.control(request.command));
    loop.close();
    report({ kind: 'closed' });
    parentPort?.close();
  });
  report({ kind: 'ready', thread: threadId(), state: state() });
}

function guarded(work: () => void): void {
  try {
    work();
  } catch (error) {
    report({ kind: 'failure', failure: toFailure(error, BROKEN) });
  }
}

async function loadScene(name: string, motors: readonly ArmMotor[]): Promise<{ world: World; plant: JointPlant }> {
  const task = loadTask(name);
  const world = await World.load({ robot: data.robot, scene: task.scene });
  const draw = (seed: number): void => void startEpisode(world, task, seed);
  return { world, plant: new MujocoPlant(world, drivenGains(data.robot, motors), draw) };
}

function freePlant(motors: readonly ArmMotor[]): JointPlant {
  return new FreeJointPlant(
    motors.map(({ model, joint }, index) => ({
      motor: motorOf(model),
      startRad: data.robot.restRad[index] ?? 0,
      rangeRad: joint.limits.positionRad,
    })),
  );
}

function stateOf(
  bus: ServoBus,
  loop: BusLoop,
  rest: { readonly timeNs: number; readonly world: World | undefined },
): ServoBusState {
  const { arm } = bus;
  const lateness = loop.latenessNs();
  const at = (share: number): number => lateness[Math.floor(share * lateness.length)] ?? 0;
  let worldState: Float64Array | undefined;
  if (rest.world !== undefined) {
    worldState = new Float64Array(worldStateLength(rest.world));
    readWorldState(rest.world, worldState);
  }
  return {
    timeNs: rest.timeNs,
    device: loop.device,
    latenessNs: { p50: at(0.5), p99: at(0.99) },
    positionsRad: arm.positionsRad(),
    hasTorque: arm.servos.map(({ registers, model }) => {
      const register = model.registers['Torque_Enable'];
      return register !== undefined && registers.get(register) === 1;
    }),
    temperaturesC: arm.servos.map(({ temperatureC }) => temperatureC),
    supplyV: arm.supplyV,
    counts: { ...bus.counts },
    worldState,
  };
}

/** Number of this thread as the system knows it. */
function threadId(): number | undefined {
  try {
    return Number(basename(readlinkSync('/proc/thread-self')));
  } catch {
    return undefined;
  }
}
