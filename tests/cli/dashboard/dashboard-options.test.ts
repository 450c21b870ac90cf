import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addDashboardOptions } from '../../../src/cli/dashboard/live-dashboard.ts';

function parsed(...words: string[]): Record<string, unknown> {
  return addDashboardOptions(new Command()).parse(words, { from: 'user' }).opts();
}

describe('the options of a dashboard', () => {
  it('show it where somebody says where it listens', () => {
    expect(parsed()).toEqual({});
    expect(parsed('--listen', '8080')).toEqual({ dashboard: true, listen: { address: '127.0.0.1', port: 8080 } });
  });
});
