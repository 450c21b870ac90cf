import { isMap } from './messages.ts';
import type { MessageMap, MessageValue } from './messages.ts';
import type { MessageKey } from './remote-manifest.ts';

/** The keys that lead to a value, from the outside in. */
export function pathOf(key: MessageKey): string[] {
  return typeof key === 'string' ? [key] : [...key];
}

/** The key as a person reads it. */
export function nameOf(key: MessageKey): string {
  return pathOf(key).join('.');
}

/** What stands under a key; undefined where a message has nothing there. */
export function valueAt(message: MessageMap, key: MessageKey): MessageValue | undefined {
  return pathOf(key).reduce<MessageValue | undefined>(
    (value, name) => (isMap(value) && Object.hasOwn(value, name) ? value[name] : undefined),
    message,
  );
}
