import { describe, expect, it } from 'vitest';
import { resolveTask } from '../../src/runtime/task-request.ts';

describe('resolveTask', () => {
  it('takes the name of a task, whose wording the seed then draws', () => {
    expect(resolveTask('push')).toMatchObject({ task: { name: 'push' }, instruction: undefined, judged: true });
  });

  it('takes an instruction and finds the task', () => {
    const request = resolveTask('pick up the red cube');
    expect(request).toMatchObject({ task: { name: 'lift' }, judged: true });
    expect(request.instruction).toEqual({ text: 'pick up the red cube', colours: { source: 'red' } });
  });

  it('takes any words in a scene, judged only if they ask for its task', () => {
    expect(resolveTask('lift the red cube', 'stack')).toMatchObject({ task: { name: 'stack' }, judged: false });
    expect(resolveTask('lift the red cube', 'lift')).toMatchObject({ task: { name: 'lift' }, judged: true });
  });

  it('refuses what it cannot know, with examples', () => {
    expect(() => resolveTask('reech')).toThrow(/E_UNKNOWN_TASK.*reach/);
    expect(() => resolveTask('juggle the red cube')).toThrow(/E_INSTRUCTION.*lift the red cube.*--scene/);
    expect(() => resolveTask('juggle the red cube', 'circus')).toThrow(/E_UNKNOWN_TASK/);
    expect(() => resolveTask('lift', 'stack')).toThrow(/E_INSTRUCTION.*scene/);
  });
});
