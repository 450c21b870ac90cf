import { timingSafeEqual } from 'node:crypto';

/** Whether somebody gave the secret. It takes a time that tells nothing of how much of it is right. */
export function isToken(given: unknown, token: string): boolean {
  if (typeof given !== 'string') return false;
  const [theirs, ours] = [Buffer.from(given), Buffer.from(token)];
  return theirs.length === ours.length && timingSafeEqual(theirs, ours);
}
