/** The part of `process` that says how it ends. */
export type ProcessEvents = Pick<
  NodeJS.Process,
  'pid' | 'on' | 'off' | 'listenerCount' | 'removeAllListeners' | 'kill'
>;

export interface EndListener {
  /** The process ends now, or will by a signal. May be called more than once. */
  onEnd(): void;
  /**
   * The terminal hung up: its window was closed, or the link to it broke. Called before onEnd. True: somebody takes the process
   * to its end in order; otherwise the signal ends it now.
   */
  onHangUp(): boolean;
  /** The process goes on after it was suspended. */
  onContinue(): void;
}

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/**
 * Calls the listener however a process ends that can still say so: by returning, by `exit`, by an error that nobody
 * caught, by a signal. A signal that nobody else listens to keeps its meaning. Returns the function that ends it.
 */
export function onProcessEnd(events: ProcessEvents, listener: EndListener): () => void {
  const onExit = (): void => listener.onEnd();
  const onContinue = (): void => listener.onContinue();
  // Node.js 20 aborts at its exit when a terminal it began with has hung up; ended by the signal, it does not.
  const endByHangUp = (): void => {
    events.removeAllListeners('SIGHUP');
    events.kill(events.pid, 'SIGHUP');
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    // Whoever else listens decides what the signal means, and takes the process through its own end.
    let isAnswered = events.listenerCount(signal) > 1;
    if (signal === 'SIGHUP') {
      // Behind the exit listeners of everybody else.
      events.on('exit', endByHangUp);
      if (listener.onHangUp()) isAnswered = true;
    }
    if (isAnswered) return;
    listener.onEnd();
    events.off(signal, onSignal);
    events.kill(events.pid, signal);
  };
  for (const signal of ENDING) events.on(signal, onSignal);
  events.on('SIGCONT', onContinue);
  events.on('exit', onExit);
  return () => {
    for (const signal of ENDING) events.off(signal, onSignal);
    events.off('SIGCONT', onContinue);
    events.off('exit', onExit);
  };
}
