import { ArmatureError } from '../../core/errors.ts';
import type { ControlReport, SessionAction } from '../../serve/control-messages.ts';
import type { RecordingView } from '../recording-view.ts';
import type { EpisodeTurn } from './episode-turn.ts';
import type { SessionDesk } from './page-control.ts';

type SessionReport = ReturnType<SessionDesk['report']>;

export interface RecordingDeskOptions {
  readonly turn: EpisodeTurn;
  /** The recording, and what happened last. */
  readonly view: Pick<RecordingView, 'session' | 'said'>;
  /** Episodes to save in this session. */
  readonly wanted: number;
}

/** A recording worked from the page: what the keys of `armature record` do. */
export function recordingDesk({ turn, view, wanted }: RecordingDeskOptions): SessionDesk {
  const state = (): SessionReport['state'] => {
    if (!turn.isUnderWay) return 'waits';
    return view.session?.isPaused === true ? 'paused' : 'runs';
  };
  const can = (): readonly SessionAction[] => {
    if (!turn.isUnderWay) return waiting(turn);
    return [state() === 'paused' ? 'go-on' : 'pause', 'end', 'again', 'leave'];
  };
  return {
    report: () => ({
      state: state(),
      isRecorded: true,
      saved: view.session?.savedCount ?? 0,
      wanted,
      rows: view.session?.rowCount ?? 0,
      said: view.said,
      can: [...can()],
    }),
    carryOut: (action) => {
      const recording = view.session;
      if (recording === undefined || !can().includes(action)) throw notNow(action);
      switch (action) {
        case 'begin':
          turn.begin();
          return 'Recording begins.';
        case 'end':
          recording.endEpisode();
          return 'The episode is done, and is saved.';
        case 'again':
          recording.recordAgain();
          return 'The episode is thrown away, and begins again.';
        case 'pause':
          recording.pause(true);
          return 'Paused: nothing is recorded, and the arm holds.';
        case 'go-on':
          recording.pause(false);
          return 'Recording goes on.';
        case 'leave':
          recording.stop();
          turn.leave();
          return 'The recording ends. The episode under way is saved as it is.';
      }
    },
  };
}

export interface DriveDeskOptions {
  readonly turn: EpisodeTurn;
  /** Whether another scene can follow; a real arm stands where it stands. */
  readonly hasScenes: boolean;
  /** Ends the scene. */
  readonly end: () => void;
  /** Ends the session. */
  readonly leave: () => void;
}

/** Driving by hand, worked from the page: what the keys of `armature teleop` do. */
export function driveDesk({ turn, hasScenes, end, leave }: DriveDeskOptions): SessionDesk {
  const can = (): readonly SessionAction[] => {
    if (!turn.isUnderWay) return waiting(turn);
    return hasScenes ? ['end', 'leave'] : ['leave'];
  };
  const report: ControlReport['session'] = {
    state: 'runs',
    isRecorded: false,
    saved: 0,
    wanted: 0,
    rows: 0,
    said: '',
    can: [],
  };
  return {
    report: () => ({ ...report, state: turn.isUnderWay ? 'runs' : 'waits', can: [...can()] }),
    carryOut: (action) => {
      if (!can().includes(action)) throw notNow(action);
      if (action === 'begin') {
        turn.begin();
        return 'The next scene begins.';
      }
      if (action === 'end') {
        end();
        return 'A new scene follows.';
      }
      leave();
      return 'Driving ends.';
    },
  };
}

/** What may be done between episodes. A real arm is begun with at the terminal. */
function waiting({ isWaiting, isForPages }: EpisodeTurn): readonly SessionAction[] {
  return isWaiting && isForPages ? ['begin', 'leave'] : ['leave'];
}

function notNow(action: SessionAction): ArmatureError {
  return new ArmatureError('E_DASHBOARD_EPISODE', `"${action}" is not possible now`, {
    remedy: 'Use what the page offers; it follows the session.',
  });
}
