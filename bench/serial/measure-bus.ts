import { MonotonicClock } from '../../src/core/clock.ts';
import { openArmBus } from '../../src/drivers/serial/open-arm-bus.ts';
import { SerialDriver } from '../../src/drivers/serial/serial-driver.ts';
import { readServos, writeServos } from '../../src/drivers/serial/servo-registers.ts';
import { SyncReader } from '../../src/drivers/serial/sync-reader.ts';
import { telemetrySpan } from '../../src/drivers/serial/telemetry.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { quantile } from '../../src/runtime/statistics.ts';

/** What full cycles took: a sync read of all values of all motors, and a sync write of all goals. */
export interface CycleFigures {
  readonly cyclesPerS: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Of one core, while they ran. */
  readonly cpuPercent: number;
  /** Cycles in which a motor did not answer. */
  readonly incomplete: number;
}

export interface BusJob {
  readonly robot: string;
  readonly port: string;
  readonly calibration: string;
  readonly seconds: number;
}

const WARM_UP_CYCLES = 50;
/** A motor that does not answer within this is counted as missing, ns. */
const PATIENCE_NS = 20e6;

/** Cycles as fast as they go; the arm has no torque and does not move. */
export async function measureBus(job: BusJob): Promise<CycleFigures & { readonly wireUs: number }> {
  const robot = loadRobot(job.robot);
  const clock = new MonotonicClock();
  const { port, bus, motors } = await openArmBus(robot, job, { clock });
  try {
    const ids = Uint8Array.from(motors, ({ id }) => id);
    const reader = new SyncReader(bus, ids, telemetrySpan(motors));
    const goals = readServos(bus, motors, 'Present_Position').map((tick) => tick ?? 0);
    let incomplete = 0;
    const cycle = (): void => {
      reader.request();
      if (reader.collect(clock.nowNs() + PATIENCE_NS) > 0) incomplete += 1;
      writeServos(bus, motors, 'Goal_Position', goals);
    };
    for (let count = 0; count < WARM_UP_CYCLES; count += 1) cycle();
    incomplete = 0;
    const durationsUs: number[] = [];
    const cpuBefore = process.cpuUsage();
    const startNs = clock.nowNs();
    let lastNs = startNs;
    while (lastNs - startNs < job.seconds * 1e9) {
      cycle();
      const nowNs = clock.nowNs();
      durationsUs.push((nowNs - lastNs) / 1e3);
      lastNs = nowNs;
    }
    const cpu = process.cpuUsage(cpuBefore);
    const seconds = (lastNs - startNs) / 1e9;
    return {
      cyclesPerS: durationsUs.length / seconds,
      p50Us: quantile(durationsUs, 0.5),
      p99Us: quantile(durationsUs, 0.99),
      cpuPercent: (cpu.user + cpu.system) / 1e4 / seconds,
      incomplete,
      wireUs: new SerialDriver(robot, motors, bus).wireNs / 1e3,
    };
  } finally {
    await port.close();
  }
}
