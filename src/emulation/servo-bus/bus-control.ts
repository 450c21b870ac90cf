import type { BusCommand } from './bus-command.ts';
import type { EmulatedArm } from './emulated-arm.ts';
import { ROOM_TEMPERATURE_C } from './motor-state.ts';
import type { ServoBus } from './servo-bus.ts';

/** The cable between the servos and the computer. */
export interface Cable {
  cut(): void;
  /** Nothing happens to one that is plugged in. */
  plug(): void;
}

/** Carries out a command. Servos and joints that do not exist are passed over. */
export function controlBus(bus: ServoBus, cable: Cable, command: BusCommand): void {
  switch (command.kind) {
    case 'noise':
    case 'lose':
    case 'checksum':
      bus.faults[SHARES[command.kind]] = command.share;
      break;
    case 'silent':
      bus.faults.silentIds.add(command.id);
      break;
    case 'cut':
      bus.dropWire();
      cable.cut();
      break;
    case 'plug':
      cable.plug();
      break;
    case 'clear':
      clear(bus);
      cable.plug();
      break;
    default:
      controlArm(bus.arm, command);
  }
}

const SHARES = { noise: 'noise', lose: 'lostByte', checksum: 'wrongCheck' } as const;

type ArmCommand = Extract<BusCommand, { kind: 'brown-out' | 'overheat' | 'push' | 'reset' | 'move' | 'let-go' }>;

function controlArm(arm: EmulatedArm, command: ArmCommand): void {
  switch (command.kind) {
    case 'brown-out':
      arm.brownOut(command.durationS);
      break;
    case 'overheat':
      arm.servos.find(({ id }) => id === command.id)?.setTemperature(command.temperatureC);
      break;
    case 'push': {
      const joint = arm.servos.findIndex(({ id }) => id === command.id);
      if (joint >= 0) arm.plant.setExternalTorque(joint, command.torqueNm);
      break;
    }
    case 'reset':
      arm.plant.reset(arm.positionsRad(), command.seed);
      break;
    case 'move':
      arm.servos.forEach((_, joint) => arm.setHand(joint, command.positionsRad[joint]));
      break;
    case 'let-go':
      arm.servos.forEach((_, joint) => arm.setHand(joint, undefined));
      break;
  }
}

function clear({ faults, arm }: ServoBus): void {
  Object.assign(faults, { noise: 0, lostByte: 0, wrongCheck: 0 });
  faults.silentIds.clear();
  for (const [joint, servo] of arm.servos.entries()) {
    arm.plant.setExternalTorque(joint, 0);
    if (servo.temperatureC > ROOM_TEMPERATURE_C) servo.setTemperature(ROOM_TEMPERATURE_C);
  }
}
