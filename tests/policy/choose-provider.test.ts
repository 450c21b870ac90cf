import { afterEach, describe, expect, it, vi } from 'vitest';
import { askProviderProcess } from '../../src/policy/ask-provider-process.ts';
import { chooseProvider } from '../../src/policy/choose-provider.ts';
import type { LoadedPolicy } from '../../src/policy/load-policy.ts';
import { disagreement, probePolicy } from '../../src/policy/probe-policy.ts';
import type { PolicyProbe, ProbeAnswer } from '../../src/policy/probe-policy.ts';
import type { ProviderReply, ProviderRequest } from '../../src/policy/provider-messages.ts';
import type { ExecutionProviderName } from '../../src/policy/providers.ts';
import { tiny, tinyDirectory, tinyWith } from './tiny-policy.ts';

const answers: readonly ProbeAnswer[] = [
  { tokens: [32_100, 32_200], probabilities: [0.6, 0.3] },
  { tokens: [32_101, 32_201], probabilities: [0.5, 0.2] },
  { tokens: [32_102, 32_202], probabilities: [0.4, 0.1] },
];
const probe = (medianMs: number, changes: Partial<PolicyProbe> = {}): ProviderReply => ({
  probe: { precision: 'fp32', answers, medianNs: medianMs * 1e6, loadNs: 1e9, ...changes },
});
const withInt8: LoadedPolicy = tinyWith({ files: { ...tiny.manifest.files, int8: tiny.manifest.files.fp32 } });

/** Processes that answer so about the policy; all but those of `absent` are there. */
function world(
  replies: Partial<Record<ExecutionProviderName, ProviderReply>>,
  absent: Partial<Record<ExecutionProviderName, string>> = {},
): { readonly asked: ProviderRequest[]; readonly ask: (request: ProviderRequest) => Promise<ProviderReply> } {
  const asked: ProviderRequest[] = [];
  const ask = (request: ProviderRequest): Promise<ProviderReply> => {
    asked.push(request);
    const { kind, provider } = request;
    const refusal = absent[provider];
    if (kind === 'presence') return Promise.resolve(refusal === undefined ? {} : { refusal });
    return Promise.resolve(replies[provider] ?? { refusal: 'nobody asked' });
  };
  return { asked, ask };
}

describe('chooseProvider', () => {
  it('takes the fastest that decides what cpu decides', async () => {
    const { ask } = world({ cpu: probe(10), webgpu: probe(4), cuda: probe(1) });
    const choice = await chooseProvider(tiny, { ask, candidates: ['webgpu', 'cuda'] });
    expect(choice).toMatchObject({ provider: 'cuda', precision: 'fp32' });
    expect(choice.tried.map(({ provider }) => provider)).toEqual(['cuda', 'webgpu', 'cpu']);
  });

  it('stays with cpu where that is faster', async () => {
    const { ask } = world({ cpu: probe(3), webgpu: probe(40) });
    expect((await chooseProvider(tiny, { ask, candidates: ['webgpu'] })).provider).toBe('cpu');
  });

  it('times nothing where only cpu is there, and says why', async () => {
    const { asked, ask } = world({}, { webgpu: 'no adapter', cuda: 'no library' });
    const choice = await chooseProvider(tiny, { ask, candidates: ['webgpu', 'cuda'] });
    expect(choice.provider).toBe('cpu');
    expect(choice.tried.slice(1)).toEqual([
      { provider: 'webgpu', refusal: 'no adapter' },
      { provider: 'cuda', refusal: 'no library' },
    ]);
    expect(asked.every(({ kind }) => kind === 'presence')).toBe(true);
  });

  it('refuses one that is fast but decides otherwise, by name', async () => {
    const wrong = answers.map(({ tokens, probabilities }) => ({
      tokens: tokens.map((token) => token + 3),
      probabilities,
    }));
    const { ask } = world({ cpu: probe(10), cuda: probe(1, { answers: wrong }), webgpu: probe(9) });
    const choice = await chooseProvider(tiny, { ask, candidates: ['cuda', 'webgpu'] });
    expect(choice.provider).toBe('webgpu');
    expect(choice.tried.at(-1)).toMatchObject({
      provider: 'cuda',
      refusal: expect.stringContaining('it decides otherwise than cpu: token 1 of decision 2 is 32104') as string,
    });
  });

  it('compares with cpu in the same precision, though cpu itself prefers another', async () => {
    const { asked, ask } = world({ cpu: probe(10), webgpu: probe(4) });
    await chooseProvider(withInt8, { ask, candidates: ['webgpu'] });
    const ran = asked.filter((request) => request.kind === 'policy');
    expect(ran.map(({ provider, precision }) => [provider, precision])).toEqual([
      ['cpu', 'int8'],
      ['cpu', 'fp32'],
      ['webgpu', 'fp32'],
    ]);
  });

  it('refuses one that the policy has no graphs for, or that died', async () => {
    const onlyInt8 = tinyWith({ files: { int8: tiny.manifest.files.fp32 } });
    const { ask } = world({ cpu: probe(10), webgpu: probe(1) });
    const choice = await chooseProvider(onlyInt8, { ask, candidates: ['webgpu'] });
    expect(choice.tried.at(-1)?.refusal).toContain('the policy has no fp32 or fp16 or int4 graphs, only int8');
    const died = world({ cpu: probe(10), cuda: { refusal: 'its library ended the process (SIGSEGV)' } });
    const other = await chooseProvider(tiny, { ask: died.ask, candidates: ['cuda'] });
    expect(other).toMatchObject({
      provider: 'cpu',
      tried: [{ provider: 'cpu', medianNs: 1e7 }, { refusal: expect.stringContaining('SIGSEGV') as string }],
    });
  });
});

describe('disagreement', () => {
  const changed = (decision: number, slot: number, token: number, probability: number): ProbeAnswer[] =>
    answers.map(({ tokens, probabilities }, index) => ({
      tokens: tokens.map((was, at) => (index === decision && at === slot ? token : was)),
      probabilities: probabilities.map((was, at) => (index === decision && at === slot ? probability : was)),
    }));

  it('overlooks rounding, and one tie', () => {
    expect(disagreement(answers, answers)).toBeUndefined();
    expect(disagreement(answers, changed(1, 0, 32_101, 0.505))).toBeUndefined();
    expect(disagreement(answers, changed(1, 0, 32_777, 0.499))).toBeUndefined();
  });

  it.each([
    ['another probability', changed(0, 1, 32_200, 0.4), /token 2 of decision 1 is 32200 with probability 0.400/],
    ['another token of another probability', changed(2, 0, 32_500, 0.9), /token 1 of decision 3 is 32500/],
    ['what is no number', changed(0, 0, 32_100, Number.NaN), /token 1 of decision 1.*NaN/],
    ['fewer decisions', answers.slice(1), /it decided 2 times instead of 3/],
    [
      'fewer tokens',
      answers.map(({ tokens, probabilities }) => ({ tokens: tokens.slice(1), probabilities })),
      /another number/,
    ],
  ])('sees %s', (_, found, message) => {
    expect(disagreement(answers, found)).toMatch(message);
  });
});

describe('a provider process', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('runs a policy as this process does', async () => {
    const request = {
      kind: 'policy',
      provider: 'cpu',
      precision: 'fp32',
      directory: tinyDirectory,
      threads: 1,
    } as const;
    const { probe: found } = await askProviderProcess(request, 60_000);
    const here = await probePolicy(tiny, { provider: 'cpu', precision: 'fp32', threads: 1 });
    expect(found?.answers).toEqual(here.answers);
    expect(found?.medianNs).toBeGreaterThan(0);
  });

  it('says in a line why a provider is not there, and why a policy does not run', async () => {
    const absent = await askProviderProcess({ kind: 'presence', provider: 'coreml' }, 60_000);
    if (process.platform !== 'darwin') expect(absent.refusal).toMatch(/^[^\n]*coreml[^\n]*$/);
    const directory = `${tinyDirectory}/nowhere`;
    const request = { kind: 'policy', provider: 'cpu', precision: 'fp32', directory } as const;
    expect((await askProviderProcess(request, 60_000)).refusal).toMatch(/^E_UNKNOWN_POLICY|unknown policy/);
  });

  it('may crash or hang: both are refusals', async () => {
    vi.stubEnv('NODE_OPTIONS', '--import=data:text/javascript,process.abort()');
    const crashed = await askProviderProcess({ kind: 'presence', provider: 'cpu' }, 60_000);
    expect(crashed.refusal).toMatch(/its library ended the process \((SIGABRT|SIGSEGV|code \d+)\)/);
    vi.stubEnv('NODE_OPTIONS', '--import=data:text/javascript,for(;;);');
    const hung = await askProviderProcess({ kind: 'presence', provider: 'cpu' }, 500);
    expect(hung.refusal).toBe('it did not answer within 0.5 s');
  });
});
