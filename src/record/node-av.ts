import type * as NodeAv from 'node-av';
import { ArmatureError, messageOf } from '../core/errors.ts';

export type Av = typeof NodeAv;
export type AvFrame = NodeAv.Frame;
export type AvPacket = NodeAv.Packet;
export type AvPixelFormat = NodeAv.AVPixelFormat;

/**
 * FFmpeg in the process. An optional package with a native part, so it is loaded only where a video is
 * written or read. Throws ArmatureError (E_VIDEO_UNAVAILABLE) where it is not installed or does not load.
 */
export async function loadNodeAv(): Promise<Av> {
  try {
    const av = await import('node-av');
    // FFmpeg prints to the standard error on its own; what matters reaches the caller as an error.
    av.Log.setLevel(av.AV_LOG_QUIET);
    // The AV1 encoder has a log of its own; 0: fatal errors only.
    process.env['SVT_LOG'] ??= '0';
    return av;
  } catch (cause) {
    throw new ArmatureError('E_VIDEO_UNAVAILABLE', 'videos can be neither written nor read here', {
      expected: 'the optional package node-av',
      found: messageOf(cause),
      remedy: 'Install it with "npm install node-av", or record pictures with dtype "image".',
      cause,
    });
  }
}

/**
 * Throws ArmatureError for a negative FFmpeg return code: E_DISK_FULL where there is no room left, E_VIDEO for
 * everything else; `action` names what failed.
 */
export function avChecker(av: Av, path: string): (code: number, action: string) => void {
  return (code, action) => {
    if (code === av.AVERROR_ENOSPC) throw diskFull(path);
    if (code < 0) throw videoError(path, `FFmpeg could not ${action} it`, new av.FFmpegError(code).message);
  };
}

/** A problem with one video file. */
export function videoError(path: string, problem: string, found: string): ArmatureError {
  return new ArmatureError('E_VIDEO', `${path}: ${problem}`, {
    found,
    remedy: 'Check the frames, the free space and the file.',
  });
}

function diskFull(path: string): ArmatureError {
  return new ArmatureError('E_DISK_FULL', `there is no room left for ${path}`, {
    remedy: 'Make room, and record the episode again; what was saved before is safe.',
  });
}

/** What the file system refused, as ArmatureError: E_DISK_FULL or E_VIDEO. */
export function fileError(path: string, cause: unknown): ArmatureError {
  if (cause instanceof ArmatureError) return cause;
  if (cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC') return diskFull(path);
  return videoError(path, 'the file system refused it', messageOf(cause));
}
