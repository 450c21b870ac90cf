import { InvalidFileError, messageOf } from './errors.ts';

/**
 * What the JSON text of a file says, of any shape. Throws InvalidFileError where it is no JSON.
 * @param path of the file, for the message
 * @param remedy what to do about a file that is damaged
 */
export function parseJson(text: string, path: string, remedy: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InvalidFileError(path, 'is not valid JSON', { found: messageOf(cause), remedy, cause });
  }
}
