import { describe, expect, it } from 'vitest';
import { armature } from './armature.ts';

// Each start compiles the program, which takes many seconds on a computer with much else to do.
describe('armature', { timeout: 240_000 }, () => {
  it('lists robots as a table and as JSON', async () => {
    const table = await armature('robots');
    expect(table.stdout).toContain('so101');
    const robots: unknown = JSON.parse((await armature('robots', '--json')).stdout);
    expect(robots).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'so101' })]));
  });

  it('answers an unknown robot with one message that lists the known ones, and status 1', async () => {
    const { status, stderr, stdout } = await armature('robots', 'nonesuch');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^E_UNKNOWN_ROBOT: unknown robot "nonesuch"\. Expected one of: .*so101/);
    expect(stderr).not.toContain('    at ');
  });

  it('gives errors as JSON when asked for JSON', async () => {
    const { status, stdout, stderr } = await armature('robots', 'nonesuch', '--json');
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'E_UNKNOWN_ROBOT' } });
  });

  it('refuses a flag it does not know, names the nearest one, and exits with 2', async () => {
    const { status, stderr } = await armature('robots', '--jsn');
    expect(status).toBe(2);
    expect(stderr).toContain('--json');
    expect(JSON.parse((await armature('tasks', '--nonesuch', '--json')).stdout)).toMatchObject({
      error: { code: 'E_USAGE' },
    });
  });

  it('shows examples in the help of every verb', async () => {
    const { stdout } = await armature('--help');
    const verbs = [...stdout.matchAll(/^ {2}([a-z]+) /gm)]
      .map((match) => match[1] ?? '')
      .filter((verb) => !['help', 'armature'].includes(verb));
    expect(verbs).toEqual(expect.arrayContaining(['robots', 'policies', 'tasks', 'doctor']));
    const helps = await Promise.all(verbs.map((verb) => armature(verb, '--help')));
    helps.forEach(({ status, stdout: help }, index) => {
      expect(status).toBe(0);
      expect(help).toContain(`Examples:\n  armature ${verbs[index]}`);
    });
  });

  it('examines the computer', async () => {
    const { stdout } = await armature('doctor', '--seconds', '0.2', '--json');
    const { fit, checks } = JSON.parse(stdout) as { fit: boolean; checks: { name: string; figures?: object }[] };
    expect(fit).toBe(true);
    expect(checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['Timer', 'Priority', 'Serial ports', 'Cameras', 'ROS bridge', 'Disk']),
    );
    const figuresOf = (wanted: string) => checks.find(({ name }) => name === wanted)?.figures;
    expect(figuresOf('Inference providers')).toMatchObject({ works: expect.arrayContaining(['cpu']) as string[] });
    expect(figuresOf('Timer')).toMatchObject({ gateHz: 100, heldRatesHz: expect.any(Array) as number[] });
  });
});
