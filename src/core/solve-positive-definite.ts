/**
 * Solves A x = b by Gaussian elimination. A must be positive definite, as normal equations with damping are, so that no
 * pivoting is needed.
 * @param rows [A | b], shape (n, n + 1); overwritten
 */
export function solvePositiveDefinite(rows: number[][]): number[] {
  const count = rows.length;
  rows.forEach((pivotRow, pivot) => {
    for (const row of rows.slice(pivot + 1)) {
      const factor = (row[pivot] ?? 0) / (pivotRow[pivot] ?? 1);
      for (let column = pivot; column <= count; column += 1) {
        row[column] = (row[column] ?? 0) - factor * (pivotRow[column] ?? 0);
      }
    }
  });
  const solution = Array.from({ length: count }, () => 0);
  for (let row = count - 1; row >= 0; row -= 1) {
    let value = rows[row]?.[count] ?? 0;
    for (let column = row + 1; column < count; column += 1)
      value -= (rows[row]?.[column] ?? 0) * (solution[column] ?? 0);
    solution[row] = value / (rows[row]?.[row] ?? 1);
  }
  return solution;
}
