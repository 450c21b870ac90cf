import { describe, expect, it } from 'vitest';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { checkDatasetFitsRobot } from '../../src/record/check-fit.ts';
import { DatasetReader } from '../../src/record/dataset-reader.ts';
import { infoSchema } from '../../src/record/format.ts';
import type { DatasetInfo } from '../../src/record/format.ts';
import { fixture } from './sample-dataset.ts';

const robot = loadRobot('so101');
const jointNames = robot.joints.map((joint) => joint.name);

function infoWith(feature: object, other: object = feature): DatasetInfo {
  const features = { action: { dtype: 'float32', ...feature }, 'observation.state': { dtype: 'float32', ...other } };
  return infoSchema.parse({ codebase_version: 'v3.0', fps: 10, features });
}

describe('a dataset fits a robot', () => {
  it("when LeRobot recorded it with this arm's joints", async () => {
    const { info } = await DatasetReader.open(fixture('ref_v3_by_lerobot_0.6.2'));
    expect(() => checkDatasetFitsRobot(info, robot)).not.toThrow();
  });

  it('when its names stand in an object, or nowhere', () => {
    expect(() => checkDatasetFitsRobot(infoWith({ shape: [6], names: { motors: jointNames } }), robot)).not.toThrow();
    expect(() => checkDatasetFitsRobot(infoWith({ shape: [6], names: null }), robot)).not.toThrow();
  });
});

describe('a dataset does not fit a robot', () => {
  it('with another number of joints', async () => {
    const { info } = await DatasetReader.open(fixture('ref_v3_image_dtype'));
    expect(() => checkDatasetFitsRobot(info, robot)).toThrow(
      /E_DATASET_ROBOT.*"so101".*action has 1 values for 6 joints/,
    );
  });

  it('with the joints in another order', () => {
    const info = infoWith({ shape: [6], names: jointNames.toReversed() });
    expect(() => checkDatasetFitsRobot(info, robot)).toThrow(/action has the joints gripper/);
  });

  it('in degrees', () => {
    const info = infoWith({ shape: [6], names: jointNames }, { shape: [6], names: jointNames, info: { unit: 'deg' } });
    expect(() => checkDatasetFitsRobot(info, robot)).toThrow(/observation\.state is in deg/);
  });

  it('without actions', () => {
    const { action: _, ...features } = infoWith({ shape: [6] }).features;
    expect(() => checkDatasetFitsRobot({ ...infoWith({ shape: [6] }), features }, robot)).toThrow(/action is missing/);
  });
});
