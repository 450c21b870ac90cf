import type { Command } from 'commander';
import { listServices, listTopics } from '../drivers/ros/graph.ts';
import { connect, withConnection } from './ros-connection.ts';
import type { RosConnectionOptions } from './ros-connection.ts';
import { formatTable } from './table.ts';

const EXAMPLES = `
Examples:
  armature ros topics
  armature ros topics --robot ur5e --services
  armature ros topics --url ws://192.168.1.20:9090 --ros-version 1 --json`;

interface TopicsOptions extends RosConnectionOptions {
  readonly services?: boolean;
  readonly json?: boolean;
}

export function addTopics(ros: Command): void {
  withConnection(ros.command('topics'))
    .description('List the topics of the graph, with their types')
    .option('--services', 'list services, too')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(async (options: TopicsOptions) => {
      const link = await connect(options);
      try {
        const topics = await listTopics(link);
        const services = options.services === true ? await listServices(link) : undefined;
        if (options.json === true) {
          console.log(JSON.stringify({ url: link.url, topics, ...(services === undefined ? {} : { services }) }));
          return;
        }
        console.log(
          formatTable(
            ['topic', 'type'],
            topics.map(({ name, type }) => [name, type]),
          ),
        );
        if (services !== undefined)
          console.log(
            `\n${formatTable(
              ['service'],
              services.map((name) => [name]),
            )}`,
          );
      } finally {
        link.close();
      }
    });
}
