import type { CameraAddress, DeviceFormat } from '../../sensors/camera/camera-address.ts';

/** One way to open a source with FFmpeg. */
export interface OpenAttempt {
  /** Name of the format; undefined: found out from what comes. */
  readonly format: string | undefined;
  readonly options: Readonly<Record<string, string>>;
  /** Reading never waits, but says that there is nothing yet. */
  readonly isPolled: boolean;
}

/** FFmpeg's names of what devices deliver. */
const DEVICE_FORMATS: Readonly<Record<DeviceFormat, string>> = { mjpeg: 'mjpeg', yuyv: 'yuyv422' };
/** Enough to see what a stream is; more would be pictures that come late. */
const PROBE_BYTES = '32768';

/** The ways to open a source, to be tried one after the other. @param stallMs silence that ends a connection, ms. */
export function openAttempts(address: CameraAddress, stallMs: number): OpenAttempt[] {
  const timeoutUs = String(stallMs * 1000);
  switch (address.kind) {
    case 'v4l2': {
      // Two cameras at one USB bus have room for compressed pictures only.
      const formats = address.format === undefined ? (['mjpeg', 'yuyv'] as const) : [address.format];
      return formats.map((format) => ({
        format: 'v4l2',
        options: { input_format: DEVICE_FORMATS[format], ...deviceMode(address) },
        isPolled: true,
      }));
    }
    case 'rtsp': {
      const options = { rtsp_transport: 'tcp', timeout: timeoutUs, fflags: 'nobuffer' };
      return [{ format: 'rtsp', options, isPolled: false }];
    }
    case 'http': {
      const options = { rw_timeout: timeoutUs, fflags: 'nobuffer', probesize: PROBE_BYTES };
      return [{ format: undefined, options, isPolled: false }];
    }
    default:
      return [{ format: undefined, options: {}, isPolled: false }];
  }
}

function deviceMode({ width, height, fps }: CameraAddress): Record<string, string> {
  return {
    ...(width === undefined ? {} : { video_size: `${width}x${height}` }),
    ...(fps === undefined ? {} : { framerate: String(fps) }),
  };
}
