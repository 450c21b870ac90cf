import type { Av, AvFrame, AvPixelFormat } from './node-av.ts';

/** What a picture is to become. */
export interface PictureForm {
  readonly width: number;
  readonly height: number;
  readonly format: AvPixelFormat;
}

/** How pixels are made of pixels: the mean of those covered, or the nearest one. */
export type PixelFilter = 'mean' | 'nearest';

/** Brings pictures of any size and pixel format into one form, on this thread: handing it over takes about as long. */
export class PictureScaler {
  readonly #av: Av;
  readonly #form: PictureForm;
  readonly #filter: PixelFilter;
  #context: InstanceType<Av['SoftwareScaleContext']> | undefined;
  #source = '';

  constructor(av: Av, form: PictureForm, filter: PixelFilter = 'mean') {
    this.#av = av;
    this.#form = form;
    this.#filter = filter;
  }

  /** A new picture, which the caller frees. Throws FFmpegError for one that cannot be converted. */
  scale(picture: AvFrame): AvFrame {
    const target = new this.#av.Frame();
    target.alloc();
    target.width = this.#form.width;
    target.height = this.#form.height;
    target.format = this.#form.format;
    const code = this.#contextFor(picture).scaleFrameSync(target, picture);
    if (code >= 0) return target;
    target.free();
    throw new this.#av.FFmpegError(code);
  }

  free(): void {
    this.#context?.freeContext();
    this.#context = undefined;
    this.#source = '';
  }

  /** Pictures of one source have one size and format for long, but may change when it is opened anew. */
  #contextFor({ width, height, format }: AvFrame): InstanceType<Av['SoftwareScaleContext']> {
    const source = `${width} x ${height} of ${format}`;
    if (this.#context !== undefined && source === this.#source) return this.#context;
    this.free();
    const context = new this.#av.SoftwareScaleContext();
    // The format of a picture is always a pixel format.
    const from = format as AvPixelFormat;
    const filter = this.#filter === 'mean' ? this.#av.SWS_AREA : this.#av.SWS_POINT;
    context.getContext(width, height, from, this.#form.width, this.#form.height, this.#form.format, filter);
    this.#context = context;
    this.#source = source;
    return context;
  }
}
