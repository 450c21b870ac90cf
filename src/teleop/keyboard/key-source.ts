/** What happened to a key. Terminals that do not tell releases report every repeat as a press. */
export interface KeyEvent {
  /**
   * The character the key types, in lower case; or a name: `space`, `enter`, `tab`, `backspace`, `escape`, `up`, `down`,
   * `left`, `right`, `home`, `end`, `page-up`, `page-down`, `insert`, `delete`, `f1` to `f12`.
   */
  readonly key: string;
  readonly kind: 'press' | 'repeat' | 'release';
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
}

/** Watches keys. Called synchronously; it must be quick and not wait. */
export interface KeyListener {
  onKey?(event: KeyEvent): void;
  /** Whatever was held counts as released: somebody works in another window. */
  onReleaseAll?(): void;
  /**
   * No key will come any more: the terminal or the link to it is gone. Whoever listens to this ends the process in order;
   * without anybody a terminal that hangs up ends it at once.
   */
  readonly onLost?: () => void;
}

/** Where keys come from; any number may listen, and each ignores what is not meant for it. */
export interface KeySource {
  /** Whether releases are reported; a terminal may say so only after a moment. */
  readonly reportsReleases: boolean;
  /** False once no key can come any more. */
  readonly isOpen: boolean;
  /** Calls the listener from now on; returns the function that ends it. */
  listen(listener: KeyListener): () => void;
  /** Gives the terminal back as it was. */
  close(): void;
}
