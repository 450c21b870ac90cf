import { closeSync, constants, openSync, readSync } from 'node:fs';

/** More than any device writes between two looks. */
const BUFFER_BYTES = 4096;
/** A device that is never empty is looked at again later. */
const MOST_READS = 256;

/**
 * A device file that is read without waiting: a joystick, an input device, a HID. A read that waits would keep a thread of
 * Node's pool for as long as nobody moves a stick.
 */
export class ByteDevice {
  readonly #descriptor: number;
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);
  #isOpen = true;

  /** Throws what the system says when the file is missing (ENOENT) or may not be read (EACCES). */
  constructor(path: string) {
    this.#descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  /** What has come, one buffer for each record the device wrote; undefined when the device is gone. */
  read(): Buffer[] | undefined {
    const records: Buffer[] = [];
    while (this.#isOpen && records.length < MOST_READS) {
      try {
        const length = readSync(this.#descriptor, this.#buffer);
        // The end of a file: whoever wrote it has gone.
        if (length === 0) this.close();
        else records.push(Buffer.from(this.#buffer.subarray(0, length)));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return records;
        this.close();
      }
    }
    return this.#isOpen || records.length > 0 ? records : undefined;
  }

  close(): void {
    if (this.#isOpen) closeSync(this.#descriptor);
    this.#isOpen = false;
  }
}
