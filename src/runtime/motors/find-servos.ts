import { ArmatureError } from '../../core/errors.ts';
import type { FoundServo, SetupBus } from '../../drivers/serial/setup-bus.ts';
import { SERVO_MODELS } from '../../drivers/serial/servo-models.ts';
import type { ProtocolName } from '../../drivers/serial/servo-models.ts';

/** Of a second round, at a rate at which somebody answers. */
const MORE_ATTEMPTS = 3;

/** A servo, and how it was reached. */
export interface LocatedServo extends FoundServo {
  readonly protocol: ProtocolName;
  readonly baudRate: number;
}

export type ScanBus = Pick<SetupBus, 'ping' | 'setBaudRate' | 'close'>;

export interface ScanOptions {
  readonly path: string;
  readonly protocols: readonly ProtocolName[];
  /** Tried first; those of the servos' tables follow. Only these when `onlyThese` is set. */
  readonly baudRates: readonly number[];
  readonly onlyThese?: boolean;
  readonly ids: readonly number[];
  /** Opens the port; SetupBus.open. */
  readonly open: (options: {
    readonly path: string;
    readonly baudRate: number;
    readonly protocol: ProtocolName;
  }) => Promise<ScanBus>;
  /** Called before each rate. */
  readonly onRate?: (protocol: ProtocolName, baudRate: number) => void;
}

/**
 * Asks every id at every baud rate, and again where somebody answers. A servo that answers at several rates, as behind an adapter without a wire, is
 * listed once. Throws ArmatureError for a port that cannot be opened or is lost.
 */
export async function findServos(options: ScanOptions): Promise<LocatedServo[]> {
  const { path, protocols, baudRates, ids, open, onRate } = options;
  const found: LocatedServo[] = [];
  for (const protocol of protocols) {
    const [first = 1_000_000, ...others] = ratesOf(protocol, options);
    const bus = await open({ path, baudRate: first, protocol });
    try {
      for (const baudRate of [first, ...others]) {
        if (baudRate !== first && !(await accepts(bus, baudRate))) continue;
        onRate?.(protocol, baudRate);
        const left = ids.filter((id) => !found.some((servo) => servo.protocol === protocol && servo.id === id));
        const answering = await askAll(bus, left, baudRates.includes(baudRate) ? 2 : 1);
        found.push(...answering.map((servo) => ({ ...servo, protocol, baudRate })));
      }
    } finally {
      await bus.close();
    }
  }
  return found.toSorted((a, b) => a.id - b.id);
}

/** Where one answers, others are likely: those that did not are asked again, with more patience. */
async function askAll(bus: ScanBus, ids: readonly number[], attempts: number): Promise<FoundServo[]> {
  const found: FoundServo[] = [];
  for (const tries of [attempts, MORE_ATTEMPTS]) {
    for (const id of ids) {
      const servo = found.some((one) => one.id === id) ? undefined : await bus.ping(id, tries);
      if (servo !== undefined) found.push(servo);
    }
    if (found.length === 0) break;
  }
  return found;
}

/** Not every adapter can do every rate. A port that is gone is another matter. */
async function accepts(bus: ScanBus, baudRate: number): Promise<boolean> {
  try {
    await bus.setBaudRate(baudRate);
    return true;
  } catch (error) {
    if (error instanceof ArmatureError) throw error;
    return false;
  }
}

function ratesOf(protocol: ProtocolName, { baudRates, onlyThese }: ScanOptions): number[] {
  if (onlyThese) return [...baudRates];
  const known = Object.values(SERVO_MODELS).filter((model) => model.protocol === protocol);
  return [...new Set([...baudRates, ...known.flatMap((model) => model.baudRates)])];
}
