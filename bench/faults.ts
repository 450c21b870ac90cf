import { FAULTS } from './faults/fault-rows.ts';
import { runRow } from './faults/run-row.ts';
import type { Row, RowOptions } from './faults/run-row.ts';
import type { Fault } from './faults/fault-rows.ts';
import { readOptions } from './options.ts';

const { values } = readOptions({
  purpose: `The fault matrix, in real time and with real processes and signals.

Every fault, on the simulated arm, on the mirror arm, on the emulated servos of a serial one, and on an emulated one behind ROS, while
it moves and while it holds. Every row must end with an arm that stands and that kept its limits on the way; what a bus has to bear,
with one that went on. Ends with status 1 where one does not.`,
  options: {
    robot: { type: 'string', default: 'so101', value: 'name', words: 'robot, by name or folder' },
    only: { type: 'string', default: '', value: 'text', words: 'only faults whose name contains this' },
    driver: {
      type: 'string',
      multiple: true,
      default: ['sim', 'mirror', 'serial', 'ros'],
      value: 'name',
      words: 'only through this one; may be given again',
    },
    json: { type: 'boolean', default: false, words: 'print one JSON object' },
  },
});

const rows: Row[] = [];
for (const fault of FAULTS.filter(({ name }) => name.includes(values.only))) {
  for (const driver of driversOf(fault).filter((name) => values.driver.includes(name))) {
    for (const state of ['ACTIVE', 'HOLD'] as const) {
      const row = await runRow({ robot: fault.robot ?? values.robot, fault, driver, state });
      rows.push(row);
      if (!values.json) console.log(lineOf(row));
    }
  }
}
if (values.json) console.log(JSON.stringify({ rows }));
if (rows.some(({ ok }) => !ok)) process.exitCode = 1;

function driversOf({ busDoes, linkDoes }: Fault): readonly RowOptions['driver'][] {
  if (busDoes !== undefined) return ['serial'];
  return linkDoes === undefined ? ['sim', 'mirror', 'serial', 'ros'] : ['ros'];
}

function lineOf(row: Row): string {
  const time = (value: number | null): string => (value === null ? '-' : value.toFixed(1)).padStart(8);
  return [
    row.ok ? 'ok  ' : 'FAIL',
    row.fault.padEnd(24),
    row.driver.padEnd(6),
    row.state.padEnd(6),
    `detected${time(row.detectMs)} ms`,
    `stopped${time(row.stopMs)} ms`,
    `travel ${row.travel.toFixed(4)} rad`,
    `limits ${row.worstLimitRatio.toFixed(6)}`,
    `tick p99 ${row.gateP99Periods?.toFixed(2) ?? '-'} periods`,
    row.finalState,
    `(${row.outcome})`,
  ].join('  ');
}
