/** What a stick or a cap that is pushed by `value`, in [-1, 1], means: nothing in the dead zone, fine near it, all at the end. */
export function shaped(value: number, deadZone: number): number {
  const share = Math.max(0, (Math.abs(value) - deadZone) / (1 - deadZone));
  return share === 0 ? 0 : Math.sign(value) * Math.min(1, share) ** 2;
}
