import type { ArmConnection } from '../runtime/arm/arm-spec.ts';

/** Tells, on stderr, what connecting to an arm wrote into its motors and found out; nothing where there was nothing. */
export function sayConnection({ changed, notes }: ArmConnection, arm: string): void {
  process.stderr.write(connectionLines({ changed, notes }, arm).join(''));
}

export function connectionLines({ changed, notes }: ArmConnection, arm: string): string[] {
  const written = changed.map((change) => `  ${change}\n`);
  const heading = `The motors of ${arm} held other settings than its robot.yaml asks for. Written:\n`;
  return [...(written.length === 0 ? [] : [heading, ...written]), ...notes.map((note) => `Note on ${arm}: ${note}\n`)];
}
