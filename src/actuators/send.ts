import type { ArmDriver, SentCommand } from '../drivers/driver.ts';
import type { SafeCommand } from '../safety/safe-command.ts';

/**
 * The only caller of ArmDriver.write. Returns a copy of what was really sent: the driver may round to
 * encoder ticks or clip, and that is what datasets and the next observation hold.
 */
export function send(driver: ArmDriver, command: SafeCommand): SentCommand {
  const { positionsRad, stampNs } = driver.write(command);
  return { positionsRad: positionsRad.slice(), stampNs };
}
