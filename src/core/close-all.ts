/**
 * Closes one thing after the other, also when one of them fails: what comes behind it may be an arm, a terminal or a process.
 * Throws the first failure once all are done.
 */
export async function closeAll(closing: readonly (() => unknown)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of closing) {
    try {
      await close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
