import type { Calibration } from '../calibration/calibration-problems.ts';
import type { JointProgress } from '../calibration/procedure.ts';
import type { HeldRegisters } from '../runtime/calibration/arm-servos.ts';
import type { CalibrationView } from '../runtime/calibration/calibrate-arm.ts';
import { QUIT } from '../runtime/calibration/calibration-operator.ts';
import type { CalibrationPrompt } from '../runtime/calibration/calibration-operator.ts';
import { formatTable } from './table.ts';
import type { Terminal } from './terminal.ts';

/** So that a line fits a terminal of 80 columns. */
const BAR_CELLS = 7;

/** Shows a calibration: what to do as lines that stay, and below them every joint, redrawn in place. */
export class CalibrationTable implements CalibrationView {
  readonly #terminal: Terminal;
  #title = '';
  #lastRows: readonly string[] = [];

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  step({ title, instruction, words }: CalibrationPrompt): void {
    this.#title = title;
    this.#terminal.line('');
    this.#terminal.line(title);
    this.#terminal.line(`  ${instruction}`);
    this.#terminal.line(`  ${this.#terminal.interactive ? keysOf(words) : `Say ${[...words, QUIT].join(', ')}.`}`);
  }

  notes(lines: readonly string[]): void {
    for (const text of lines) this.#terminal.line(`  ! ${text}`);
  }

  joints(joints: readonly JointProgress[]): void {
    this.#terminal.update(() => (this.#lastRows = this.#rows(joints)));
  }

  review(calibration: Calibration, held: Readonly<Record<string, HeldRegisters>>): void {
    const rows = Object.entries(calibration).map(([joint, motor]) => {
      const { id, drive_mode, homing_offset, range_min, range_max } = motor;
      const now = held[joint];
      const before = `${now?.['Homing_Offset']}, ${now?.['Min_Position_Limit']} to ${now?.['Max_Position_Limit']}`;
      return [joint, String(id), String(drive_mode), String(homing_offset), `${range_min} to ${range_max}`, before];
    });
    const heading = ['joint', 'id', 'drive_mode', 'homing_offset', 'range', 'servo holds now'];
    this.#terminal.line('');
    for (const line of formatTable(heading, rows).split('\n')) this.#terminal.line(`  ${line}`);
  }

  /** Leaves the last table standing. */
  close(): void {
    if (this.#lastRows.length > 0 && this.#terminal.interactive) this.#terminal.finish(this.#lastRows);
    this.#lastRows = [];
  }

  #rows(joints: readonly JointProgress[]): string[] {
    const done = joints.filter(({ isDone }) => isDone).length;
    const table = formatTable(
      ['joint', '', 'tick', 'swept', '', 'moved', 'unread', 'refused'],
      joints.map((joint) => [
        joint.name,
        joint.isDone ? 'ok' : '',
        joint.tick === undefined ? '-' : String(joint.tick),
        bar(joint.sweptRad / joint.wantedRad),
        `${joint.sweptRad.toFixed(2)} of ${joint.wantedRad.toFixed(2)} rad`,
        `${joint.movedRad < 0 ? '' : '+'}${joint.movedRad.toFixed(2)} rad`,
        String(joint.failedReads),
        String(joint.refusedReads),
      ]),
    );
    return [`${this.#title}: ${done} of ${joints.length} joints ready`, ...table.split('\n')];
  }
}

function bar(share: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * BAR_CELLS);
  return `[${'#'.repeat(filled)}${'-'.repeat(BAR_CELLS - filled)}]`;
}

/** `Enter or m: middle   b: back   q: quit` */
function keysOf(words: readonly string[]): string {
  const [first] = words;
  return [...words, QUIT]
    .map((word) => `${word === first && word !== 'yes' ? 'Enter or ' : ''}${word[0]}: ${word}`)
    .join('   ');
}
