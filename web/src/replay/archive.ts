import type { z } from 'zod';
import { parseMessage } from '../../../src/serve/messages.ts';
import {
  evaluationMessage,
  libraryMessage,
  recordingMessage,
  refusalMessage,
  trackMessage,
} from '../../../src/serve/replay/replay-messages.ts';
import type {
  EvaluationMessage,
  LibraryMessage,
  RecordingMessage,
  TrackMessage,
  Trouble,
} from '../../../src/serve/replay/replay-messages.ts';

/** Something was refused, with what to do about it. */
export class RefusedError extends Error {
  readonly trouble: Trouble;

  constructor(trouble: Trouble) {
    super(`${trouble.problem} ${trouble.remedy}`);
    this.trouble = trouble;
  }
}

/** What the server has, asked for by ids of its list. */
export class Archive {
  readonly #token: string;

  constructor({ search }: Pick<Location, 'search'>) {
    this.#token = new URLSearchParams(search).get('token') ?? '';
  }

  library(): Promise<LibraryMessage> {
    return this.#ask('library', libraryMessage);
  }

  recording(id: string): Promise<RecordingMessage> {
    return this.#ask(`recordings/${id}`, recordingMessage);
  }

  episode(id: string, episode: number): Promise<TrackMessage> {
    return this.#ask(`recordings/${id}/${episode}`, trackMessage);
  }

  blackBox(id: string): Promise<TrackMessage> {
    return this.#ask(`black-boxes/${id}`, trackMessage);
  }

  evaluation(id: string): Promise<EvaluationMessage> {
    return this.#ask(`evaluations/${id}`, evaluationMessage);
  }

  /** Address of a picture. */
  picture(id: string, { episode, camera, row }: { episode: number; camera: number; row: number }): string {
    return this.#address(`recordings/${id}/${episode}/${camera}/${row}`);
  }

  /** Address of a film. */
  clip(id: string, clip: number): string {
    return this.#address(`evaluations/${id}/${clip}`);
  }

  /** Why something at an address was refused. */
  async troubleAt(address: string): Promise<Trouble> {
    try {
      return refusalOf(await (await fetch(address)).text());
    } catch {
      return {
        problem: 'The server does not answer.',
        remedy: 'Start armature serve again, and open its new address.',
      };
    }
  }

  #address(path: string): string {
    return `/replay/${path}?token=${encodeURIComponent(this.#token)}`;
  }

  /** Throws RefusedError. */
  async #ask<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema>> {
    let response: Response;
    try {
      response = await fetch(this.#address(path));
    } catch {
      throw new RefusedError(await this.troubleAt(this.#address(path)));
    }
    const text = await response.text();
    if (!response.ok) throw new RefusedError(refusalOf(text));
    return parseMessage(schema, text);
  }
}

function refusalOf(text: string): Trouble {
  try {
    return parseMessage(refusalMessage, text).refused;
  } catch {
    return { problem: text, remedy: 'Take the address from the terminal once more.' };
  }
}
