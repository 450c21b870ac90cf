/**
 * Datasets are LeRobotDataset v3.0: LeRobot's own tools read what is written here, and the reader reads
 * LeRobot's. An episode is safe on disk as soon as saveEpisode has resolved.
 *
 *   npx tsx examples/06-record-and-read-a-dataset.ts
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatasetReader, DatasetWriter, loadRobot } from '../src/index.ts';

const robot = loadRobot('so101');
const parent = await mkdtemp(join(tmpdir(), 'armature-'));
const directory = join(parent, 'dataset');
const names = robot.joints.map(({ name }) => `${name}.pos`);

const writer = await DatasetWriter.create({
  directory,
  fps: robot.rates.controlHz,
  robotType: robot.name,
  features: {
    'observation.state': { dtype: 'float32', shape: [names.length], names },
    action: { dtype: 'float32', shape: [names.length], names },
  },
});
const frames = Array.from({ length: 30 }, (_, tick) => robot.homeRad.map((angle) => angle + 0.01 * tick));
await writer.saveEpisode({ task: 'wave', frames: { 'observation.state': frames, action: frames } });
await writer.close();

const reader = await DatasetReader.open(directory);
const { columns } = await reader.readEpisode(0);
console.log(
  `${reader.episodes.length} episode of ${reader.episodes[0]?.length} frames, tasks: ${reader.tasks.join(', ')}`,
);
for (const [name, values] of Object.entries(columns)) console.log(`  ${name.padEnd(18)} ${values.length} values`);
await rm(parent, { recursive: true });
