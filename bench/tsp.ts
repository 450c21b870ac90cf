import { MonotonicClock } from '../src/core/clock.ts';
import { Rng } from '../src/core/rng.ts';
import { PolicyEngine } from '../src/policy/engine.ts';
import { loadPolicy } from '../src/policy/load-policy.ts';
import { precisions } from '../src/policy/model-manifest.ts';
import { TourGuide } from './tsp/policy-tour.ts';
import { drawPlaces, nearestNeighbour, tourLength, twoOpt } from './tsp/tours.ts';
import { readOptions } from './options.ts';

const { values, positionals } = readOptions({
  purpose: `How long the tours are that a policy of training/tsp.py makes, on places it was not trained on.

Beside the nearest neighbour and 2-opt: \`npm run bench:tsp -- runs/tsp/policy\`, made with \`python3 training/tsp.py --out runs/tsp\`.`,
  positionals: '<policy>',
  options: {
    instances: { type: 'string', default: '500', value: 'count', words: 'how many' },
    seed: { type: 'string', default: '900000', value: 'number', words: 'places are drawn from it' },
    precision: { type: 'string', default: 'int8', value: 'name', words: 'int8 or fp32' },
    json: { type: 'boolean', default: false, words: 'print one JSON object' },
  },
});
const [directory = ''] = positionals;

const precision = precisions.find((name) => name === values.precision);
if (precision === undefined)
  throw new Error(`precision "${values.precision}" is unknown; choose one of ${precisions.join(', ')}`);
const clock = new MonotonicClock();
const engine = await PolicyEngine.create(loadPolicy(directory), { precision });
const guide = new TourGuide(engine);
const [instances, seed] = [Number(values.instances), Number(values.seed)];
const sums = { policy: 0, nearestNeighbour: 0, twoOpt: 0 };
let shorter = 0;
let policyNs = 0;
for (let instance = 0; instance < instances; instance += 1) {
  const places = drawPlaces(new Rng(seed + instance), guide.cities);
  const beganNs = clock.nowNs();
  const own = tourLength(places, await guide.tour(places));
  policyNs += clock.nowNs() - beganNs;
  const nearest = nearestNeighbour(places);
  const greedy = tourLength(places, nearest);
  sums.policy += own;
  sums.nearestNeighbour += greedy;
  sums.twoOpt += tourLength(places, twoOpt(places, nearest));
  if (own < greedy) shorter += 1;
}
await engine.close();

const mean = (sum: number): number => Number((sum / instances).toFixed(4));
const report = {
  cities: guide.cities,
  instances,
  seed,
  precision,
  meanLength: {
    policy: mean(sums.policy),
    nearestNeighbour: mean(sums.nearestNeighbour),
    twoOpt: mean(sums.twoOpt),
  },
  shorterThanNearestNeighbour: shorter / instances,
  msPerDecision: Number((policyNs / 1e6 / instances / (guide.cities - 1)).toFixed(3)),
};
if (values.json) console.log(JSON.stringify(report));
else {
  console.log(`${instances} tours of ${report.cities} cities, mean length in sides of the square`);
  for (const [name, length] of Object.entries(report.meanLength))
    console.log(
      `${name.padEnd(18)}${length.toFixed(3)}  ${(100 * (length / report.meanLength.twoOpt - 1)).toFixed(1)} % over 2-opt`,
    );
  console.log(
    `shorter than the nearest neighbour in ${(100 * report.shorterThanNearestNeighbour).toFixed(1)} % of them`,
  );
  console.log(`${report.msPerDecision} ms per decision, ${precision}`);
}
