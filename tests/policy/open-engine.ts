import { afterEach } from 'vitest';
import { PolicyEngine } from '../../src/policy/engine.ts';
import type { PolicyEngineOptions } from '../../src/policy/engine.ts';
import type { LoadedPolicy } from '../../src/policy/load-policy.ts';

const engines: PolicyEngine[] = [];
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close();
});

/** An engine in fp32 on one thread unless told, which is closed behind the test. */
export async function openEngine(policy: LoadedPolicy, options: PolicyEngineOptions = {}): Promise<PolicyEngine> {
  const engine = await PolicyEngine.create(policy, { precision: 'fp32', threads: 1, ...options });
  engines.push(engine);
  return engine;
}
