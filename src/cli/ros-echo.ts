import type { Command } from 'commander';
import { fromMessageType, typeOfTopic } from '../drivers/ros/graph.ts';
import { toReadable } from '../drivers/ros/messages.ts';
import type { RosLink } from '../drivers/ros/ros-link.ts';
import { UnknownNameError } from '../core/errors.ts';
import { Interruption } from './interruption.ts';
import { numberBetween, wholeNumber } from './option-values.ts';
import { connect, withConnection } from './ros-connection.ts';
import type { RosConnectionOptions } from './ros-connection.ts';

const EXAMPLES = `
Examples:
  armature ros echo /joint_states --robot ur5e
  armature ros echo /joint_states --count 1 --json
  armature ros echo /camera/color/image_raw/compressed --type sensor_msgs/CompressedImage --ros-version 1 --count 3

One message a line. Without --type, rosapi is asked for it.`;

interface EchoOptions extends RosConnectionOptions {
  readonly type?: string;
  readonly count?: number;
  readonly seconds: number;
  readonly json?: boolean;
}

export function addEcho(ros: Command): void {
  withConnection(ros.command('echo'))
    .description('Print the messages of a topic')
    .argument('<topic>', 'for example /joint_states')
    .option('--type <type>', 'for example sensor_msgs/msg/JointState')
    .option('--count <count>', 'end after so many', wholeNumber(1))
    .option('--seconds <seconds>', 'end after so long', numberBetween(0.1, 1e6), Infinity)
    .option('--json', 'print one JSON object, at the end')
    .addHelpText('after', EXAMPLES)
    .action(echo);
}

async function echo(topic: string, options: EchoOptions): Promise<void> {
  const link = await connect(options);
  try {
    const given = options.type ?? (await typeOfTopic(link, topic));
    if (given === undefined) throw new UnknownNameError('topic', topic, ['see `armature ros topics`']);
    const type = fromMessageType(link.rosVersion, given);
    const isImage = type.endsWith('/CompressedImage');
    const messages: unknown[] = [];
    const show = (message: unknown): void => {
      messages.push(toReadable(message));
      if (options.json !== true) console.log(JSON.stringify(messages.pop()));
    };
    await watch(link, { topic, type, compression: isImage ? 'cbor' : 'none' }, { ...options, show });
    if (options.json === true) console.log(JSON.stringify({ topic, type: given, messages }));
  } finally {
    link.close();
  }
}

/** Until the count, the time or an interrupt. */
async function watch(
  link: RosLink,
  subscription: Parameters<RosLink['subscribe']>[0],
  {
    count = Infinity,
    seconds,
    show,
  }: Pick<EchoOptions, 'count' | 'seconds'> & { readonly show: (message: unknown) => void },
): Promise<void> {
  const interruption = new Interruption();
  await new Promise<void>((resolve) => {
    let shown = 0;
    const timer = Number.isFinite(seconds) ? setTimeout(resolve, seconds * 1000) : undefined;
    void interruption.interrupted.then(resolve);
    link.subscribe(subscription, (message) => {
      if (shown >= count) return;
      shown += 1;
      show(message);
      if (shown < count) return;
      clearTimeout(timer);
      resolve();
    });
  });
  interruption.close();
}
