/** Where a library component reports; the CLI decides what becomes of it. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
}

/** The library's default: silence. */
export const silentLogger: Logger = { info: () => undefined, warn: () => undefined };
