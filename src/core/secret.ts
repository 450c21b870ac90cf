import { timingSafeEqual } from 'node:crypto';

/** Whether a secret was given. It takes a time that tells nothing of how much of it is right. */
export function isSecret(given: unknown, secret: string): boolean {
  if (typeof given !== 'string') return false;
  const [theirs, ours] = [Buffer.from(given), Buffer.from(secret)];
  return theirs.length === ours.length && timingSafeEqual(theirs, ours);
}
