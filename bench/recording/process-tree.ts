import { readFileSync, readdirSync } from 'node:fs';

/** Clock ticks a second in /proc, which Linux has fixed. */
const TICKS_PER_S = 100;

interface ProcessTimes {
  readonly parent: number;
  readonly cpuS: number;
}

/** Processor time of a process and of all that it started and that still run, s; Linux. */
export function cpuSecondsOfTree(root: number): number {
  const all = new Map(readdirSync('/proc').flatMap((entry) => timesOf(entry)));
  const isBelow = (pid: number): boolean => {
    for (let each: number | undefined = pid; each !== undefined; each = all.get(each)?.parent)
      if (each === root) return true;
    return false;
  };
  return [...all].reduce((sum, [pid, { cpuS }]) => (isBelow(pid) ? sum + cpuS : sum), 0);
}

function timesOf(entry: string): (readonly [number, ProcessTimes])[] {
  if (!/^\d+$/.test(entry)) return [];
  try {
    const text = readFileSync(`/proc/${entry}/stat`, 'utf8');
    // The name in parentheses may hold spaces.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const cpuS = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
    return [[Number(entry), { parent: Number(fields[1]), cpuS }]];
  } catch {
    return [];
  }
}
