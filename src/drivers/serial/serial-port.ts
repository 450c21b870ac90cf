import { existsSync, realpathSync } from 'node:fs';
import { SerialPort } from 'serialport';
import { ArmatureError, messageOf } from '../../core/errors.ts';

/** A port that is there, as the system describes it. */
export interface FoundPort {
  readonly path: string;
  /** By id, where the system gives one: stays the same when ports are plugged in elsewhere. */
  readonly stablePath: string | undefined;
  readonly manufacturer: string | undefined;
  readonly serialNumber: string | undefined;
  /** Of USB, hexadecimal. */
  readonly vendorId: string | undefined;
  readonly productId: string | undefined;
}

/** A port that this process holds alone. It is used by its descriptor, see DescriptorLink; never again after a fault. */
export interface OpenPort {
  readonly path: string;
  /** Good in every thread of this process, until `close`. */
  readonly descriptor: number;
  setBaudRate(baudRate: number): Promise<void>;
  /** Throws away what has come or waits to go. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Ports an arm may be at: those of USB adapters; built-in ones of the board only when `all` is set. */
export async function listPorts({ all = false }: { readonly all?: boolean } = {}): Promise<FoundPort[]> {
  const found = await SerialPort.list().catch(() => []);
  return found
    .filter(({ path, vendorId }) => all || vendorId !== undefined || /(USB|ACM|usbmodem|usbserial)/.test(path))
    .map(({ path, pnpId, manufacturer, serialNumber, vendorId, productId }) => ({
      path,
      stablePath: pnpId === undefined ? undefined : `/dev/serial/by-id/${pnpId}`,
      manufacturer,
      serialNumber,
      vendorId,
      productId,
    }));
}

/**
 * Opens a port with 8 data bits, no parity, one stop bit, for this process alone. Must be called on the main thread: the
 * binding of serialport takes its process down when it is used from another one.
 * Throws ArmatureError: E_SERIAL_MISSING with the ports there are, E_SERIAL_PERMISSION, E_SERIAL_BUSY, E_SERIAL_PORT.
 */
export async function openSerialPort({
  path,
  baudRate,
}: {
  readonly path: string;
  readonly baudRate: number;
}): Promise<OpenPort> {
  const port = await SerialPort.binding
    // Lines that drop with the last user reset some boards; they stay.
    .open({ path, baudRate, dataBits: 8, parity: 'none', stopBits: 1, lock: true, hupcl: false })
    .catch(async (cause: unknown) => {
      throw await openFailure(path, baudRate, cause);
    });
  const { fd } = port as { readonly fd?: unknown };
  if (typeof fd !== 'number') {
    await port.close();
    throw portFailure(path, 'this system gives no descriptor of a serial port', 'Use Linux or macOS.');
  }
  await port.flush();
  let isOpen = true;
  return {
    path,
    descriptor: fd,
    setBaudRate: async (rate) => {
      await port.update({ baudRate: rate });
      await port.flush();
    },
    flush: () => port.flush(),
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      // Of a port whose device has gone, only the descriptor is left to give back.
      await port.flush().catch(() => undefined);
      await port.close().catch(() => undefined);
    },
  };
}

async function openFailure(path: string, baudRate: number, cause: unknown): Promise<ArmatureError> {
  const found = messageOf(cause);
  if (/permission denied|access denied/i.test(found)) return noPermission(path, cause);
  if (/lock|busy|temporarily unavailable/i.test(found)) {
    return new ArmatureError('E_SERIAL_BUSY', `the serial port ${path} is used by another program`, {
      remedy: 'End that program: it would speak between the commands of this one.',
      cause,
    });
  }
  if (!existsSync(path)) return missing(path, await listPorts(), cause);
  const expected = `a serial port that can do ${baudRate} bit/s`;
  return new ArmatureError('E_SERIAL_PORT', `the serial port ${path} cannot be opened`, {
    expected,
    found,
    remedy: 'Check the path; `armature ports` lists what is there.',
    cause,
  });
}

function noPermission(path: string, cause: unknown): ArmatureError {
  const device = existsSync(path) ? realpathSync(path) : path;
  return new ArmatureError('E_SERIAL_PERMISSION', `this user may not open the serial port ${device}`, {
    remedy:
      'On Linux, join the group of serial ports with `sudo usermod -aG dialout $USER` (on Arch: uucp) and log in again; see docs/serial.md.',
    cause,
  });
}

function missing(path: string, ports: readonly FoundPort[], cause: unknown): ArmatureError {
  const names = ports.map((port) => port.stablePath ?? port.path);
  return new ArmatureError('E_SERIAL_MISSING', `there is no serial port ${path}`, {
    found: names.length === 0 ? 'no serial port of a USB adapter' : names.join(', '),
    remedy: 'Plug in the adapter of the arm and give its power; `armature ports` finds it.',
    cause,
  });
}

function portFailure(path: string, problem: string, remedy: string): ArmatureError {
  return new ArmatureError('E_SERIAL_PORT', `${path}: ${problem}`, { remedy });
}
