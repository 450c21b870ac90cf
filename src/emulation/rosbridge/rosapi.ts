import { typeName } from './message-definitions.ts';
import type { RosGraph } from './ros-graph.ts';

/** The services of the rosapi node that tell clients what a graph has. */
export function offerRosapi(graph: RosGraph): void {
  const { version } = graph.codec;
  graph.services.set('/rosapi/topics', {
    type: 'rosapi/Topics',
    call: () => ({
      topics: [...graph.topicTypes.keys()],
      types: [...graph.topicTypes.values()].map((type) => typeName(version, type)),
    }),
  });
  graph.services.set('/rosapi/services', {
    type: 'rosapi/Services',
    call: () => ({ services: [...graph.services.keys()] }),
  });
  graph.services.set('/rosapi/subscribers', {
    type: 'rosapi/Subscribers',
    call: ({ topic }) => ({ subscribers: graph.subscribersOf(String(topic)) }),
  });
  graph.services.set('/rosapi/topic_type', {
    type: 'rosapi/TopicType',
    call: ({ topic }) => {
      const type = graph.topicTypes.get(String(topic));
      return { type: type === undefined ? '' : typeName(version, type) };
    },
  });
}
