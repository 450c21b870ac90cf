import type * as NodeAv from 'node-av';
import { ArmatureError } from '../core/errors.ts';

export type Av = typeof NodeAv;

/**
 * FFmpeg in the process. An optional package with a native part, so it is loaded only where a video is
 * written or read. Throws ArmatureError (E_VIDEO_UNAVAILABLE) where it is not installed or does not load.
 */
export async function loadNodeAv(): Promise<Av> {
  try {
    const av = await import('node-av');
    // FFmpeg prints to the standard error on its own; what matters reaches the caller as an error.
    av.Log.setLevel(av.AV_LOG_QUIET);
    return av;
  } catch (cause) {
    throw new ArmatureError('E_VIDEO_UNAVAILABLE', 'videos can be neither written nor read here', {
      expected: 'the optional package node-av',
      found: cause instanceof Error ? cause.message : String(cause),
      remedy: 'Install it with "npm install node-av", or record pictures with dtype "image".',
      cause,
    });
  }
}

/** Throws ArmatureError (E_VIDEO) for a negative FFmpeg return code; `action` names what failed. */
export function avChecker(av: Av, path: string): (code: number, action: string) => void {
  return (code, action) => {
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
