import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadRemotePolicy } from '../../src/remote/load-remote-policy.ts';
import { randomPolicy } from '../runtime/random-policy.ts';
import { armature, interruptedArmature } from './armature.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** Most of the time goes into starting processes, which a busy computer does slowly. */
const PATIENCE_MS = 180_000;

const directory = temporaryFolder();

describe('armature serve-policy', { timeout: PATIENCE_MS }, () => {
  it('writes how it is used, serves until it is interrupted, and is named when it is gone', async () => {
    const folder = join(directory, 'served');
    const words = ['--policy', randomPolicy, '--port', '0', '--manifest', folder, '--json'];
    const served = await interruptedArmature('serve-policy', ...words);
    expect(served.status).toBe(0);
    const { url, ...counts } = JSON.parse(served.stdout) as { readonly url: string };
    expect(counts).toEqual({ policy: 'random', connections: 0, answers: 0 });
    expect(served.stderr).toContain(`ready ${url}`);
    expect(loadRemotePolicy(folder)).toMatchObject({ name: 'random', robot: 'so101', server: { url } });

    const flags = ['run', '--robot', 'so101', '--policy', folder, '--task', 'reach', '--no-report', '--json'];
    const [lockstep, live, shown] = await Promise.all([
      armature(...flags),
      armature(...flags, '--live', '--server', '127.0.0.1:1'),
      armature('policies', folder),
    ]);
    expect(lockstep.status).toBe(1);
    expect(JSON.parse(lockstep.stdout)).toMatchObject({ error: { code: 'E_POLICY_SERVER' } });
    expect(lockstep.stdout).toContain(url);
    expect(JSON.parse(live.stdout)).toMatchObject({ error: { code: 'E_AGENT_PROCESS' } });
    expect(live.stdout).toMatch(/E_POLICY_SERVER.*ws:\/\/127\.0\.0\.1:1/);
    expect(shown.stdout).toContain(`server    ${url}`);
  });

  it('refuses a policy that is not here, and an address it cannot have', async () => {
    const [unknown, elsewhere] = await Promise.all([
      armature('serve-policy', '--policy', 'nonesuch'),
      armature('serve-policy', '--policy', randomPolicy, '--listen', '203.0.113.1', '--port', '0'),
    ]);
    expect(unknown.stderr).toMatch(/^E_UNKNOWN_POLICY/);
    expect(elsewhere.stderr).toMatch(/^E_PORT_TAKEN.*203\.0\.113\.1/);
  });
});
