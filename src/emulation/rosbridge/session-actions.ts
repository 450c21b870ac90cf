import { MessageRefused } from './message-codec.ts';
import type { RosMessage } from './message-codec.ts';
import type { GoalHandle } from './ros-graph.ts';
import type { ClientOp, Op } from './rosbridge-ops.ts';
import type { SessionOptions } from './rosbridge-session.ts';

/** action_msgs/GoalStatus of ROS 2. */
const STATUS = { unknown: 0, succeeded: 4, cancelled: 5, aborted: 6 } as const;

type ActionOp = Extract<ClientOp, { action: string }>;

/** The actions of one client of a bridge of ROS 2: goals it sent, and actions it offers. */
export class SessionActions {
  readonly #options: SessionOptions;
  readonly #typeOf: (type: string, kind: 'action') => string;
  /** Goals this client sent. */
  readonly #sent = new Map<string, GoalHandle>();
  /** Goals of others that this client works on. */
  readonly #taken = new Map<string, { readonly handle: GoalHandle; readonly type: string }>();
  readonly #offered = new Set<string>();

  constructor(options: SessionOptions, typeOf: (type: string, kind: 'action') => string) {
    [this.#options, this.#typeOf] = [options, typeOf];
  }

  perform(op: ActionOp): void {
    const { actions } = this.#options.graph;
    switch (op.op) {
      case 'send_action_goal':
        return this.#sendGoal(op);
      case 'cancel_action_goal': {
        const handle = this.#sent.get(op.id);
        if (handle === undefined) throw new MessageRefused(`no goal ${op.id} of this client`);
        return actions.get(op.action)?.cancel(handle);
      }
      case 'advertise_action':
        return this.#advertise(op);
      case 'unadvertise_action':
        if (this.#offered.delete(op.action)) actions.delete(op.action);
        return;
      case 'action_feedback': {
        const goal = this.#goalTaken(op.id);
        return goal.handle.feedback(this.#options.graph.codec.decode(`${goal.type}Feedback`, op.values));
      }
      case 'action_result':
        return this.#finish(op);
    }
  }

  /** Goals go on when their client is gone: the arm does not know of bridges. */
  close(): void {
    for (const action of this.#offered) this.#options.graph.actions.delete(action);
    for (const { handle } of this.#taken.values()) handle.abort({});
    this.#sent.clear();
  }

  #sendGoal({ id, action, action_type: type, args, feedback }: Op<'send_action_goal'>): void {
    const { graph, send } = this.#options;
    const server = graph.actions.get(action);
    const canonical = this.#typeOf(type, 'action');
    const end = (result: boolean, status: number, values: unknown): void => {
      this.#sent.delete(id);
      const body = { op: 'action_result', action, values, status, result, id };
      send({ encoding: 'json', body, messageType: undefined });
    };
    const ended = (status: number) => (result: RosMessage) =>
      end(true, status, graph.codec.encode(`${canonical}Result`, result, 'json'));
    const handle: GoalHandle = {
      id,
      feedback: (values) => {
        if (!feedback || !this.#sent.has(id)) return;
        const body = {
          op: 'action_feedback',
          action,
          values: graph.codec.encode(`${canonical}Feedback`, values, 'json'),
          id,
        };
        send({ encoding: 'json', body, messageType: undefined });
      },
      succeed: ended(STATUS.succeeded),
      abort: ended(STATUS.aborted),
      cancelled: ended(STATUS.cancelled),
    };
    try {
      if (server === undefined || server.type !== canonical)
        throw new MessageRefused(`Action ${action} does not exist`);
      const goal = graph.codec.decode(`${canonical}Goal`, args ?? {});
      this.#sent.set(id, handle);
      server.accept(goal, handle);
    } catch (error) {
      if (!(error instanceof MessageRefused)) throw error;
      end(false, STATUS.unknown, error.message);
    }
  }

  #advertise({ action, type }: Op<'advertise_action'>): void {
    const { graph, send } = this.#options;
    const canonical = this.#typeOf(type, 'action');
    this.#offered.add(action);
    graph.actions.set(action, {
      type: canonical,
      accept: (goal, handle) => {
        this.#taken.set(handle.id, { handle, type: canonical });
        const args = graph.codec.encode(`${canonical}Goal`, goal, 'json');
        const body = { op: 'send_action_goal', id: handle.id, action, action_type: type, args, feedback: true };
        send({ encoding: 'json', body, messageType: undefined });
      },
      cancel: ({ id }) =>
        send({ encoding: 'json', body: { op: 'cancel_action_goal', id, action }, messageType: undefined }),
    });
  }

  #finish({ id, values, status, result }: Op<'action_result'>): void {
    const { handle, type } = this.#goalTaken(id);
    this.#taken.delete(id);
    const outcome = result ? this.#options.graph.codec.decode(`${type}Result`, values ?? {}) : {};
    if (result && status === STATUS.succeeded) handle.succeed(outcome);
    else if (result && status === STATUS.cancelled) handle.cancelled(outcome);
    else handle.abort(outcome);
  }

  #goalTaken(id: string): { readonly handle: GoalHandle; readonly type: string } {
    const goal = this.#taken.get(id);
    if (goal === undefined) throw new MessageRefused(`this client works on no goal ${id}`);
    return goal;
  }
}
