import { describe, expect, it } from 'vitest';
import { renderPlot } from '../../src/cli/report/plot.ts';
import { renderReport } from '../../src/cli/report/render-report.ts';
import { exampleEpisode } from './example-episode.ts';

const page = { title: 'Evaluation of desk', subtitle: 'so101 in simulation, seed 7' };

describe('renderReport', () => {
  it('shows instruction, outcome, both cameras, every joint and every reason of the gate', () => {
    const html = renderReport({ ...page, episodes: [exampleEpisode(1)] });
    for (const part of [
      'put the red cube on the tray',
      '✓ succeeded',
      'front camera at',
      'wrist camera at',
      'wrist_roll',
      'velocity limit',
      'one control period',
    ])
      expect(html).toContain(part);
    expect(html.match(/<img src="data:image\/png;base64,/g)).toHaveLength(20);
  });

  it('fetches nothing and runs nothing', () => {
    const html = renderReport({ ...page, episodes: [exampleEpisode(1)] });
    expect(html).not.toMatch(/<script|<link|https?:|@import|url\(/);
  });

  it('counts successes over several episodes and leaves out those nobody judged', () => {
    const episodes = [exampleEpisode(1), exampleEpisode(2, 'failure'), exampleEpisode(3, 'unknown')];
    expect(renderReport({ ...page, episodes })).toContain('1 of 2 succeeded');
  });

  it('shows names as text, whatever they contain', () => {
    const episode = { ...exampleEpisode(1), instruction: '<b>push</b> "it" & go' };
    expect(renderReport({ ...page, episodes: [episode] })).toContain('&lt;b&gt;push&lt;/b&gt; &quot;it&quot; &amp; go');
  });

  it('says so when the gate never acted, and leaves out tokens that were not recorded', () => {
    const { tokens: _, ...rest } = exampleEpisode(1);
    const html = renderReport({ ...page, episodes: [{ ...rest, interventions: [] }] });
    expect(html).toContain('passed every command on');
    expect(html).not.toContain('action tokens');
  });

  it('stands an episode without any values', () => {
    const nothing = { timesS: [], values: [] };
    const joints = exampleEpisode(1).joints.map((joint) => ({
      ...joint,
      requested: nothing,
      sent: nothing,
      measured: nothing,
    }));
    const episode = {
      ...exampleEpisode(1),
      durationS: 0,
      cameras: [],
      joints,
      inferenceMs: nothing,
      latenessMs: nothing,
    };
    expect(renderReport({ ...page, episodes: [episode] })).not.toContain('NaN');
  });
});

describe('renderPlot', () => {
  const line = (values: readonly number[]): string =>
    renderPlot({
      description: 'd',
      durationS: values.length,
      limits: [-1, 1],
      lines: [{ kind: 'measured', trace: { timesS: values.map((_, index) => index), values } }],
    });

  it('keeps the peak of a long trace', () => {
    const values = Array.from({ length: 50_000 }, (_, index) => (index === 33_333 ? 5 : 0));
    // The peak is the top of the range but for the margin of 8 %.
    expect(line(values)).toMatch(/L666\.7 6\.9/);
  });

  it('breaks the line where values are missing', () => {
    expect(line([0, 1, Number.NaN, 1, 0]).match(/ d="M[^"]*M/g)).toHaveLength(1);
  });

  it('shades what lies beyond the limits, only where the plot reaches it', () => {
    expect(line([0, 0.5])).not.toContain('class="beyond"');
    expect(line([0, 2]).match(/class="beyond"/g)).toHaveLength(1);
  });
});
