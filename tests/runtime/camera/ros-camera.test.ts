import { encode } from 'cbor2';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseCamera } from '../../../src/sensors/camera/camera-address.ts';
import { FakeBridge } from '../../drivers/ros/fake-bridge.ts';
import { open, robot, stateOf } from './open-hub.ts';
import { HEIGHT, PATIENCE_MS, WIDTH, jpegs, levelOf, until } from './test-cameras.ts';

const TOPIC = '/front/image_raw/compressed';

/** A topic whose pictures get brighter and brighter, as a bridge sends them by cbor or as JSON. */
async function cameraTopic(encoding: 'cbor' | 'json'): Promise<FakeBridge> {
  const server = await FakeBridge.listen();
  const pictures = await jpegs();
  let count = 0;
  const timer = setInterval(() => {
    const data = pictures[count % pictures.length] as Buffer;
    count += 1;
    const [nowMs, header] = [Date.now(), { frame_id: 'front' }];
    const stamp = { sec: Math.floor(nowMs / 1000), nanosec: (nowMs % 1000) * 1e6 };
    const msg = { header: { ...header, stamp }, format: 'rgb8; jpeg compressed bgr8' };
    if (encoding === 'json') server.publish(TOPIC, { ...msg, data: data.toString('base64') });
    else
      server.publishBytes(TOPIC, encode({ op: 'publish', topic: TOPIC, msg: { ...msg, data: new Uint8Array(data) } }));
  }, 30);
  onTestFinished(async () => {
    clearInterval(timer);
    await server.close();
  });
  return server;
}

describe('a camera behind ROS', { timeout: 2 * PATIENCE_MS }, () => {
  it.each(['cbor', 'json'] as const)(
    'shows the pictures of its topic, sent as %s, with the time of their stamps',
    async (encoding) => {
      const server = await cameraTopic(encoding);
      const { hub } = await open(parseCamera(`front=ros:${TOPIC},url=${server.url}`));
      await hub.ready(PATIENCE_MS);
      expect(server.ops('subscribe', TOPIC)[0]).toMatchObject({
        compression: 'cbor',
        type: 'sensor_msgs/msg/CompressedImage',
      });
      const stamps: number[] = [];
      const levels = new Set<number>();
      const [camera] = robot.cameras;
      const unsubscribe = hub.sources.get('front')?.subscribe({
        next: ({ stampNs, rgb, width, height }) => {
          expect([width, height]).toEqual([camera?.width, camera?.height]);
          stamps.push(stampNs);
          levels.add(Math.round(levelOf(rgb)));
        },
        error: () => undefined,
      });
      await until(() => levels.size > 3);
      unsubscribe?.();
      expect(stamps).toEqual(stamps.toSorted((a, b) => a - b));
      expect(hub.health.get('front')?.recordedSize).toEqual({ width: WIDTH, height: HEIGHT });
    },
  );

  it('is lost with its bridge, and comes back with it', async () => {
    const server = await cameraTopic('cbor');
    const { hub } = await open(parseCamera(`front=ros:${TOPIC},url=${server.url}`));
    await hub.ready(PATIENCE_MS);
    server.freeze();
    await until(() => stateOf(hub) === 'lost');
    server.thaw();
    await until(() => stateOf(hub) === 'ok');
  });
});
