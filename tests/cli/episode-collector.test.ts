import { describe, expect, it } from 'vitest';
import { EpisodeCollector } from '../../src/cli/report/episode-collector.ts';
import { Film } from '../../src/cli/report/film.ts';
import { renderReport } from '../../src/cli/report/render-report.ts';
import type { ReportEpisode } from '../../src/cli/report/report-data.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { DemonstrationAgent } from '../../src/runtime/demonstration-agent.ts';
import { SimulatedTask } from '../../src/runtime/simulated-task.ts';
import { loadTask } from '../../src/sim/load-task.ts';
import { makeCameraFrame } from '../../src/testing/index.ts';

const robot = loadRobot('so101');

async function runOnce(): Promise<ReportEpisode> {
  const task = await SimulatedTask.load(robot, loadTask('bin'), { cameras: true });
  const collector = new EpisodeCollector(robot);
  const { instruction, result } = await task.run({
    seed: 3,
    mode: 'lockstep',
    agent: (expert) => new DemonstrationAgent({ expert }),
    listeners: [collector],
  });
  task.dispose();
  return collector.report({ name: 'episode 1', instruction, agent: 'expert', result });
}

describe('EpisodeCollector', () => {
  it('makes a report of an episode: pictures, every joint at every gate tick, no lateness in lockstep', async () => {
    const episode = await runOnce();
    expect(episode.cameras.map(({ camera }) => camera)).toEqual(['front', 'wrist']);
    expect(episode.cameras.every(({ frames }) => frames.length === 10)).toBe(true);
    expect(episode.joints.map(({ name }) => name)).toEqual(robot.joints.map(({ name }) => name));
    const ticks = Math.round(episode.durationS * robot.rates.gateHz);
    for (const { requested, sent, measured } of episode.joints)
      for (const { timesS, values } of [requested, sent, measured])
        expect([timesS.length, values.length]).toEqual([ticks, ticks]);
    expect(Math.max(...Array.from(episode.latenessMs.values))).toBeLessThan(1e-6);
    expect(renderReport({ title: 'Bin', subtitle: '', episodes: [episode] })).toContain(episode.instruction);
  });

  it('counts a reason that goes on as one intervention', async () => {
    const { interventions, durationS } = await runOnce();
    const ends = new Map<string, number>();
    for (const { reason, timeS, durationS: length } of interventions) {
      expect(timeS - (ends.get(reason) ?? -1)).toBeGreaterThan(0);
      ends.set(reason, timeS + length);
      expect(timeS + length).toBeLessThanOrEqual(durationS + 2 / robot.rates.gateHz);
    }
  });
});

describe('Film', () => {
  const develop = (offered: number): number[] => {
    const film = new Film('front', 10);
    for (let index = 0; index < offered; index += 1) film.offer(index, makeCameraFrame('front'));
    return film.develop().frames.map(({ timeS }) => timeS);
  };

  it('keeps all pictures of a short run', () => {
    expect(develop(3)).toEqual([0, 1, 2]);
    expect(develop(0)).toEqual([]);
  });

  it('spreads its pictures over a run of any length, from its first to its last', () => {
    for (const offered of [10, 19, 20, 21, 100, 1000]) {
      const times = develop(offered);
      expect(times).toHaveLength(10);
      expect(times[0]).toBe(0);
      expect(times.at(-1)).toBe(offered - 1);
      const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
      expect(Math.max(...gaps)).toBeLessThanOrEqual(offered / 5);
    }
  });
});
