// Writes docs/images/episodes.png, the picture of the README: what the shipped policy does with three
// instructions. Each cell shows the scene, and in its corner what the policy sees through the wrist camera.
// Usage: npx tsx scripts/write-picture.ts [policy folder]
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataDirectory } from '../src/core/data-directory.ts';
import { encodePng } from '../src/record/png.ts';
import { loadRobot } from '../src/robot/load-robot.ts';
import { GatoAgent } from '../src/runtime/gato-agent.ts';
import { SimulatedTask } from '../src/runtime/simulated-task.ts';
import { resolveTask } from '../src/runtime/task-request.ts';
import { RayCamera } from '../src/sim/ray-camera.ts';

const SHOWN = [
  { words: 'push the green cube onto the blue zone', seed: 12 },
  { words: 'stack red on blue', seed: 5 },
  { words: 'put the yellow cube in the bin', seed: 3 },
] as const;
const COLUMNS = 6;
const CELL = 200;
const GAP = 4;

const [policyDirectory = 'desk'] = process.argv.slice(2);
const robot = loadRobot('so101');
const agent = await GatoAgent.load(robot, policyDirectory);
const width = COLUMNS * (CELL + GAP) - GAP;
const height = SHOWN.length * (CELL + GAP) - GAP;
const picture = new Uint8Array(3 * width * height).fill(255);

for (const [row, { words, seed }] of SHOWN.entries()) {
  const { task, instruction } = resolveTask(words);
  const simulated = await SimulatedTask.load(robot, task);
  const camera = new RayCamera(simulated.simulation.world, 'front', { width: CELL, height: CELL });
  const cells: Uint8Array[] = [];
  const { result } = await simulated.run({
    seed,
    mode: 'lockstep',
    agent: () => agent,
    ...(instruction === undefined ? {} : { instruction }),
    listeners: [
      {
        name: 'picture',
        onStep: ({ isControlTick, observation }) => {
          if (!isControlTick) return;
          const cell = camera.render();
          const wrist = observation.cameras.get('wrist')?.value;
          if (wrist !== undefined)
            paste(wrist.rgb, wrist, { into: cell, width: CELL, left: CELL - wrist.width, top: 0 });
          cells.push(cell);
        },
      },
    ],
  });
  console.log(`${words}: ${result.outcome}`);
  for (let column = 0; column < COLUMNS; column += 1) {
    const cell = cells[Math.round((column * (cells.length - 1)) / (COLUMNS - 1))];
    const place = { into: picture, width, left: column * (CELL + GAP), top: row * (CELL + GAP) };
    if (cell !== undefined) paste(cell, { width: CELL, height: CELL }, place);
  }
  camera.dispose();
  simulated.dispose();
}
await agent.close();
writeFileSync(join(dataDirectory('models'), '..', 'docs', 'images', 'episodes.png'), encodePng(picture, width, height));

interface Place {
  readonly into: Uint8Array;
  readonly width: number;
  readonly left: number;
  readonly top: number;
}

function paste(rgb: Uint8Array, size: { readonly width: number; readonly height: number }, place: Place): void {
  for (let line = 0; line < size.height; line += 1) {
    const from = rgb.subarray(3 * line * size.width, 3 * (line + 1) * size.width);
    place.into.set(from, 3 * ((place.top + line) * place.width + place.left));
  }
}
