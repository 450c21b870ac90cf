import { parse } from 'yaml';
import { InvalidFileError, messageOf } from '../core/errors.ts';

/**
 * What the YAML text of a file says, of any shape. Throws InvalidFileError where it is no YAML, with the line.
 * @param path of the file, for the message
 */
export function parseYaml(text: string, path: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    // Behind its first line the parser shows the place.
    const [found = ''] = messageOf(cause).split(':\n');
    throw new InvalidFileError(path, 'is not valid YAML', { found, remedy: 'Correct that line.', cause });
  }
}
