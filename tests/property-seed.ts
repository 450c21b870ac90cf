import fc from 'fast-check';

/**
 * Property tests take the same cases on every machine, so that a change is judged by itself; `FAST_CHECK_SEED=N npm test` takes
 * others. A seed that fails becomes a case of the test it failed.
 */
fc.configureGlobal({ seed: Number(process.env['FAST_CHECK_SEED'] ?? 1) });
