import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareWithRobot,
  describeLocation,
  parseCamera,
  parseCameras,
  pushedCamera,
} from '../../../src/sensors/camera/camera-address.ts';
import { ArmatureError } from '../../../src/core/errors.ts';
import { makeRobot } from '../../../src/testing/index.ts';

describe('a camera on the command line', () => {
  it.each([
    ['front=/dev/video0', { name: 'front', kind: 'v4l2', location: '/dev/video0' }],
    [
      'wrist=/dev/v4l/by-id/usb-a-video-index0,width=640,height=480,fps=30,format=yuyv,frozenMs=0',
      {
        name: 'wrist',
        kind: 'v4l2',
        location: '/dev/v4l/by-id/usb-a-video-index0',
        width: 640,
        height: 480,
        fps: 30,
        format: 'yuyv',
        frozenMs: 0,
      },
    ],
    ['top=rtsp://10.0.0.2:554/live?a=b', { name: 'top', kind: 'rtsp', location: 'rtsp://10.0.0.2:554/live?a=b' }],
    [
      'side.2=http://host/stream.mjpg,width=320,height=240',
      { name: 'side.2', kind: 'http', location: 'http://host/stream.mjpg', width: 320, height: 240 },
    ],
    ['front=file:a b.mp4,fps=12.5', { name: 'front', kind: 'file', location: 'a b.mp4', fps: 12.5 }],
    ['front=ros:/cam/compressed', { name: 'front', kind: 'ros', location: '/cam/compressed' }],
    [
      'front=ros:/cam/compressed,url=ws://robot:9090,rosVersion=1',
      { name: 'front', kind: 'ros', location: '/cam/compressed', url: 'ws://robot:9090', rosVersion: 1 },
    ],
  ])('%s is read', (text, camera) => {
    expect(parseCamera(text)).toEqual(camera);
  });

  it.each([
    ['/dev/video0', /Expected name=location\. Found no "="/],
    ['=/dev/video0', /Expected a name of letters/],
    ['my/front=/dev/video0', /Expected a name of letters.*"my\/front"/],
    ['front=video0', /a camera like \/dev\/video0, rtsp:\/\/host\/stream, .*Found "video0"/],
    ['front=', /Found ""/],
    ['front=/dev/video0,size=3', /after the comma one of: width=, height=, fps=, format=, frozenMs=\. Found "size=3"/],
    ['front=http://h/a,b', /Found "b".*write a comma as %2C/],
    ['front=rtsp://h/a,fps=30', /one of: width=, height=, frozenMs=\. Found "fps=30"/],
    ['front=ros:cam', /Found "ros:cam"/],
    ['front=ros:/cam,rosVersion=3', /rosVersion to be 1 or 2\. Found "3"/],
    ['front=/dev/video0,width=640', /width and height, or neither/],
    ['front=/dev/video0,width=641,height=480', /width to be an even whole number from 2 to 8192\. Found "641"/],
    ['front=/dev/video0,fps=0', /fps to be a number above 0, at most 240/],
    ['front=/dev/video0,fps=', /fps to be a number/],
    ['front=/dev/video0,fps=30,fps=60', /each option once\. Found "fps" twice/],
    ['front=/dev/video0,format=h264', /format to be one of: mjpeg, yuyv\. Found "h264"/],
    ['front=/dev/video0,frozenMs=5', /frozenMs to be milliseconds, at least 100, or 0/],
  ])('%s is refused, and why', (text, message) => {
    expect(() => parseCamera(text)).toThrow(message);
    expect(() => parseCamera(text)).toThrow('E_CAMERA_ADDRESS');
  });

  it('is a camera or a clear error, whatever the words', () => {
    const words = fc.string({
      unit: fc.constantFrom('front', '=', ',', '/dev/video0', 'rtsp://', 'fps', '30', ' ', '\n', '%'),
    });
    fc.assert(
      fc.property(words, (text) => {
        try {
          expect(parseCamera(text).location).not.toBe('');
        } catch (error) {
          expect(error).toBeInstanceOf(ArmatureError);
        }
      }),
    );
  });

  it('never shows a password', () => {
    const text = 'front=rtsp://me:secret@host/a';
    expect(describeLocation(parseCamera(text))).toBe('rtsp://me:***@host/a');
    expect(() => parseCamera(`${text},nonsense`)).toThrow(/^(?!.*secret).*me:\*\*\*@host/);
  });
});

describe('several cameras', () => {
  it('have different names, and different devices', () => {
    expect(() => parseCameras(['a=/dev/video0', 'a=/dev/video1'])).toThrow(/each name once\. Found "a" twice/);
    expect(() => parseCameras(['a=/dev/video0', 'b=/dev/video0'])).toThrow(/each device once/);
    expect(parseCameras(['a=http://h/s', 'b=http://h/s']).map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('are compared with those of the robot', () => {
    const robot = makeRobot();
    expect(compareWithRobot(robot, [pushedCamera('front')])).toEqual({ extra: [], missing: [] });
    expect(compareWithRobot(robot, parseCameras(['fornt=/dev/video0']))).toEqual({
      extra: ['fornt'],
      missing: ['front'],
    });
  });
});
