import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from '../../src/remote/messages.ts';
import type { MessageMap, MessageValue } from '../../src/remote/messages.ts';
import { MessageError } from '../../src/remote/message-error.ts';
import { NdArray, NumpyScalar } from '../../src/remote/ndarray.ts';
import { FRAME_NAMES, openpiFrame, ramp } from './openpi-frames.ts';

const chunk = Array.from({ length: 15 }, (_, index) => index / 8 - 1);

describe('messages of openpi', () => {
  it.each(FRAME_NAMES)('reads %s and writes it again to the byte', (name) => {
    const frame = openpiFrame(name);
    expect(Buffer.compare(encodeMessage(decodeMessage(frame)), frame)).toBe(0);
  });

  it('writes an observation as its client does', () => {
    const joints = Array.from({ length: 7 }, (_, index) => -1 + index / 3);
    // Numpy's linspace multiplies a step that was divided before.
    const linspace = joints.map((_, index) => index * (2 / 6) - 1);
    linspace[6] = 1;
    const message = {
      'observation/exterior_image_1_left': new NdArray('|u1', [4, 6, 3], ramp(72)),
      'observation/wrist_image_left': new NdArray('|u1', [8, 8, 3], ramp(192)),
      'observation/joint_position': NdArray.float64(linspace),
      'observation/gripper_position': NdArray.float64([0.25]),
      prompt: 'put the red cube in the bin',
    };
    expect(Buffer.from(encodeMessage(message))).toEqual(Buffer.from(openpiFrame('observation-droid')));
  });

  it('reads arrays of both widths, nested maps, numbers of numpy, and what is empty', () => {
    const { actions, server_timing: timing } = decodeMessage(openpiFrame('actions-float64'));
    expect(actions).toMatchObject({ dtype: '<f8', shape: [5, 3] });
    expect([...(actions as NdArray).floats()]).toEqual(chunk);
    expect(timing).toEqual({ infer_ms: 71.5, prev_total_ms: 80.25 });
    expect([...(decodeMessage(openpiFrame('actions-float32'))['actions'] as NdArray).floats()]).toEqual(chunk);
    expect(decodeMessage(openpiFrame('metadata'))).toEqual({
      policy: 'pi0',
      reset_pose: [0.5, -1.25, 0.1],
      version: 3,
      nested: { ready: true, note: null },
    });
    const scalars = decodeMessage(openpiFrame('scalars'));
    expect(scalars['half']).toEqual(new NumpyScalar('<f4', 0.5));
    expect(scalars['flag']).toEqual(new NumpyScalar('|b1', true));
    expect(scalars).toMatchObject({ double: 2.5, prompt: 'lift' });
    expect(scalars['point']).toMatchObject({ shape: [] });
    expect(scalars['none']).toMatchObject({ shape: [0, 3] });
  });

  it('takes integers for no joint positions', () => {
    const { actions } = decodeMessage(openpiFrame('actions-integers'));
    expect(() => (actions as NdArray).floats()).toThrow(/E_POLICY_MESSAGE.*<i8.*float64/);
  });
});

describe('bytes that are no message', () => {
  const refused = (bytes: Uint8Array): string => {
    try {
      decodeMessage(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(MessageError);
      return (error as MessageError).problem;
    }
    return 'accepted';
  };

  it('are refused with what is wrong with them', () => {
    const frame = openpiFrame('actions-float64');
    expect(refused(frame.subarray(0, 40))).toContain('ends after 40 bytes');
    expect(refused(Buffer.concat([frame, frame]))).toContain('follow its end');
    expect(refused(Uint8Array.of(0xc1))).toContain('never uses');
    expect(refused(Uint8Array.of(0x93, 1, 2, 3))).toContain('no map');
    expect(refused(Uint8Array.of(0x81, 1, 2))).toContain('neither text nor bytes');
    expect(refused(Uint8Array.of(0x81, 0xc4, 1, 0x61, 2))).toContain('a key is bytes');
    expect(refused(Uint8Array.of(0x81, 0xa1, 0x61, 0xd6, 0xff, 0, 0, 0, 1))).toContain('extension');
    expect(refused(Buffer.from('Traceback (most recent call last)'))).not.toBe('accepted');
  });

  it('do not fill the memory with what they only announce', () => {
    // A list of 2^32 - 1 values, lists within lists, and text of 4 GB.
    expect(refused(Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff))).toContain('too many');
    expect(refused(new Uint8Array(100_000).fill(0x91))).toContain('too deep');
    expect(refused(Buffer.from('dcffff'.repeat(30_000), 'hex'))).toMatch(/too many|too deep/);
    expect(refused(Uint8Array.of(0xdb, 0xff, 0xff, 0xff, 0xff, 0x61))).toContain('ends after');
  });

  it('are read or refused, whatever they are', () => {
    const anyBytes = fc.uint8Array({ maxLength: 400 });
    const broken = fc
      .tuple(fc.constantFrom(...FRAME_NAMES.slice(0, 9)), fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 4 }))
      .map(([name, place, patch]) => {
        const frame = openpiFrame(name);
        frame.set(patch.subarray(0, frame.length), Math.min(place % frame.length, Math.max(0, frame.length - 4)));
        return frame;
      });
    const property = fc.property(fc.oneof(anyBytes, broken), (bytes) => {
      try {
        encodeMessage(decodeMessage(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(MessageError);
      }
    });
    fc.assert(property, { numRuns: 3000 });
  });

  it('come back as they went, whatever the message', () => {
    const array = fc
      .tuple(fc.constantFrom('<f4', '<f8', '|u1', '<i8', '|b1'), fc.array(fc.nat(4), { maxLength: 3 }))
      .map(([dtype, shape]) => {
        const itemBytes = Number(dtype.at(-1));
        return new NdArray(dtype, shape, ramp(shape.reduce((product, size) => product * size, itemBytes)));
      });
    const name = fc.string({ maxLength: 20 }).filter((text) => !text.startsWith('\u0000') && text !== '__proto__');
    const { message } = fc.letrec<{ value: MessageValue; message: MessageMap }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.uint8Array(), array),
        fc.array(tie('value') as fc.Arbitrary<MessageValue>, { maxLength: 20 }),
        tie('message') as fc.Arbitrary<MessageValue>,
      ),
      message: fc.dictionary(name, tie('value') as fc.Arbitrary<MessageValue>, { maxKeys: 20, noNullPrototype: true }),
    }));
    const property = fc.property(message, (sent) => {
      expect(decodeMessage(encodeMessage(sent))).toEqual(sent);
    });
    fc.assert(property, { numRuns: 300 });
  });
});
