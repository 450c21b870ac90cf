import type { Agent } from '../core/agent.ts';
import { toFailure } from '../core/failure.ts';
import type { AgentReply, AgentRequest } from './agent-messages.ts';
import { createAgent } from './agent-spec.ts';

/**
 * Entry of an agent process, started by ProcessAgent. It answers one request after another and ends when
 * it is told to close or when its parent disappears.
 */

/** What may still be running when the parent has gone gets this long, ms. */
const GRACE_MS = 5000;

let agent: Agent | undefined;
let queue = Promise.resolve();

process.on('message', (request: AgentRequest) => {
  queue = queue.then(() => handle(request));
});
process.on('disconnect', () => {
  // With the channel gone nothing keeps this process alive, unless something in it hangs.
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), GRACE_MS).unref();
  queue = queue.then(async () => agent?.close()).catch(() => undefined);
});
// The terminal sends an interrupt to the whole group; the parent stops the arm first and then closes us.
process.on('SIGINT', () => undefined);

async function handle(request: AgentRequest): Promise<void> {
  const { id } = request;
  try {
    reply({ id, ...(await answer(request)) });
  } catch (error) {
    reply({
      id,
      error: toFailure(error, { code: 'E_AGENT_THREW', remedy: 'Correct what it names, and start again.' }),
    });
  }
  if (request.kind === 'close' && process.connected) process.disconnect();
}

async function answer(request: AgentRequest): Promise<Omit<AgentReply, 'id'>> {
  if (request.kind === 'start') {
    agent = await createAgent(request.spec, request.robot);
    return { name: agent.name };
  }
  if (agent === undefined) throw new Error('the agent process was asked before it was started');
  if (request.kind === 'act') return { decision: await agent.act(request.observation) };
  if (request.kind === 'reset') await agent.reset(request.seed);
  return {};
}

function reply(message: AgentReply): void {
  if (process.connected) process.send?.(message);
}
