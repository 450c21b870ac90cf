/** Why the gate changed or refused a target. The order is that in which the gate looks. */
export const REASONS = {
  'time-went-backwards': 'the clock did not advance since the last step',
  'time-jumped': 'the clock jumped by more than the time a stop takes',
  'protective-stop': 'latched after repeated unusable targets; arm again to move',
  'stale-sensor': 'the joint state is too old',
  'bad-sensor': 'the joint state is not finite or has the wrong length',
  'no-target': 'the agent commanded nothing',
  'wrong-length': 'the target has not one value per joint',
  'not-finite': 'the target holds a value that is not a finite number',
  'stale-target': 'the target, or what it was decided on, is too old',
  'position-limit': 'the target lies, or leads too fast, towards a soft position limit',
  'velocity-limit': 'the target asks for more than the velocity limit',
  'acceleration-limit': 'the target asks for more than the acceleration limit',
} as const satisfies Record<string, string>;

export type Reason = keyof typeof REASONS;
