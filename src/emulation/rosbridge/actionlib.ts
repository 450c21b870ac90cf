import type { RosMessage } from './message-codec.ts';
import type { GoalHandle, RosActionServer, RosGraph } from './ros-graph.ts';

/** actionlib_msgs/GoalStatus. */
const STATUS = { active: 1, preempted: 2, succeeded: 3, aborted: 4, rejected: 5 } as const;

interface Goal {
  readonly handle: GoalHandle;
  readonly goalId: RosMessage;
  status: number;
}

/** Ended goals are told of for a while, as actionlib does: so many. */
const KEPT_GOALS = 20;

/** An action as ROS 1 has it: the topics goal, cancel, status, feedback and result under the action's name. */
export class ActionlibServer {
  readonly #graph: RosGraph;
  readonly #name: string;
  readonly #server: RosActionServer;
  readonly #goals = new Map<string, Goal>();

  constructor(graph: RosGraph, name: string, server: RosActionServer) {
    [this.#graph, this.#name, this.#server] = [graph, name, server];
    for (const [topic, part] of [
      ['feedback', 'ActionFeedback'],
      ['result', 'ActionResult'],
    ] as const) {
      graph.advertise(`${name}/${topic}`, `${server.type}${part}`);
    }
    graph.advertise(`${name}/status`, 'actionlib_msgs/GoalStatusArray');
    graph.subscribe(`${name}/goal`, `${server.type}ActionGoal`, (message) => this.#accept(message));
    graph.subscribe(`${name}/cancel`, 'actionlib_msgs/GoalID', ({ id }) => this.#cancel(String(id)));
  }

  /** Tells how every goal stands; actionlib does so five times a second, and clients take it for a sign of life. */
  publishStatus(): void {
    const statusList = [...this.#goals.values()].map((goal) => statusOf(goal));
    this.#graph.publish(`${this.#name}/status`, { status_list: statusList });
  }

  #accept(message: RosMessage): void {
    const goalId = message['goal_id'] as RosMessage;
    const id = String(goalId['id']);
    const end = (status: number, result: RosMessage): void => {
      const goal = this.#goals.get(id);
      if (goal === undefined || goal.status !== STATUS.active) return;
      goal.status = status;
      this.#tell('result', goal, result);
    };
    const handle: GoalHandle = {
      id,
      feedback: (values) => {
        const goal = this.#goals.get(id);
        if (goal !== undefined) this.#tell('feedback', goal, values);
      },
      succeed: (result) => end(STATUS.succeeded, result),
      abort: (result) => end(STATUS.aborted, result),
      cancelled: (result) => end(STATUS.preempted, result),
    };
    this.#goals.set(id, { handle, goalId, status: STATUS.active });
    try {
      this.#server.accept(message['goal'] as RosMessage, handle);
    } catch {
      end(STATUS.rejected, {});
    }
    for (const old of [...this.#goals.keys()].slice(0, -KEPT_GOALS)) this.#goals.delete(old);
    this.publishStatus();
  }

  /** @param id empty: every goal */
  #cancel(id: string): void {
    for (const [key, { handle, status }] of this.#goals) {
      if ((id === '' || id === key) && status === STATUS.active) this.#server.cancel(handle);
    }
  }

  #tell(part: 'feedback' | 'result', goal: Goal, values: RosMessage): void {
    this.#graph.publish(`${this.#name}/${part}`, { status: statusOf(goal), [part]: values });
  }
}

function statusOf({ goalId, status }: Goal): RosMessage {
  return { goal_id: goalId, status, text: '' };
}
