import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { fromSource, resilient, retryDelayMs } from '../../src/sensors/from-source.ts';
import { FakeSource } from '../../src/testing/index.ts';

function scheduler(): TestScheduler {
  return new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
}

describe('fromSource', () => {
  it('starts the source for a subscriber and ends it with the subscription', () => {
    const source = new FakeSource<number>();
    const values$ = fromSource(source);
    expect(source.starts).toBe(0);
    const seen: number[] = [];
    const subscription = values$.subscribe((value) => seen.push(value));
    source.push(1);
    subscription.unsubscribe();
    source.push(2);
    expect(seen).toEqual([1]);
    expect(source.listening).toBe(0);
  });
});

describe('resilient', () => {
  it('starts a failed source again after growing waits, which fall back once a value came', () => {
    const test = scheduler();
    test.run(({ cold, expectObservable }) => {
      let attempt = 0;
      // Fails at once three times, then delivers a value before it fails, and fails again.
      const attempts = ['#', '#', '#', 'a#', '#', 'b'];
      const flaky$ = {
        subscribe: (listener: { next(value: string): void; error(cause: unknown): void }): (() => void) => {
          const subscription = cold<string>(attempts[attempt++] ?? '').subscribe(listener);
          return () => subscription.unsubscribe();
        },
      };
      const failures: unknown[] = [];
      const values$ = resilient(fromSource(flaky$), { onError: (cause) => failures.push(cause), scheduler: test });
      // Waits of 50, 100 and 200 ms; a at 350; its failure 1 ms later waits 50, the next 100.
      expectObservable(values$).toBe('350ms a 150ms b');
      test.flush();
      expect(failures).toHaveLength(5);
    });
  });

  it('never waits longer than five seconds', () => {
    expect([1, 2, 3, 8, 100].map(retryDelayMs)).toEqual([50, 100, 200, 5000, 5000]);
  });

  it('starts the source once for several subscribers, and again when all have gone', () => {
    const source = new FakeSource<number>();
    const values$ = resilient(fromSource(source));
    const first = values$.subscribe();
    const second = values$.subscribe();
    expect(source.starts).toBe(1);
    first.unsubscribe();
    expect(source.listening).toBe(1);
    second.unsubscribe();
    expect(source.listening).toBe(0);
    values$.subscribe().unsubscribe();
    expect(source.starts).toBe(2);
  });
});
