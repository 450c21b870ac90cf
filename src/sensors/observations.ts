import { Observable, map } from 'rxjs';
import type { Observation } from '../core/observation.ts';
import { ObservationSampler } from './observation-sampler.ts';
import type { SamplerOptions, Tick } from './observation-sampler.ts';

/**
 * One observation per tick and none between: the tick sets the rate, however fast or slow the sensors are.
 * Cold: subscribing starts the sensors, unsubscribing ends them. A failing sensor does not end the stream.
 */
export function observations(options: SamplerOptions & { readonly tick$: Observable<Tick> }): Observable<Observation> {
  return new Observable((subscriber) => {
    const sampler = new ObservationSampler(options);
    const subscription = options.tick$.pipe(map((tick) => sampler.sample(tick))).subscribe(subscriber);
    return () => {
      subscription.unsubscribe();
      sampler.close();
    };
  });
}
