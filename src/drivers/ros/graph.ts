import { SCHEMAS, parseMessage } from './messages.ts';
import { TYPES } from './message-types.ts';
import type { RosType, RosVersion } from './message-types.ts';
import type { RosLink } from './ros-link.ts';

export interface GraphTopic {
  readonly name: string;
  readonly type: string;
}

/** Topics of the graph by name. Asked of rosapi; throws E_ROS_LINK, E_ROS_SERVICE where that is not there. */
export async function listTopics(link: RosLink): Promise<GraphTopic[]> {
  const service = '/rosapi/topics';
  const answer = await link.call(service, TYPES.topics, {});
  const { topics, types } = parseMessage(SCHEMAS.topics, answer, { name: service, type: TYPES.topics });
  return topics
    .map((name, index) => ({ name, type: types[index] ?? '' }))
    .toSorted((left, right) => left.name.localeCompare(right.name));
}

/** Names of services. Throws as `listTopics`. */
export async function listServices(link: RosLink): Promise<string[]> {
  const service = '/rosapi/services';
  const answer = await link.call(service, TYPES.services, {});
  return parseMessage(SCHEMAS.services, answer, { name: service, type: TYPES.services }).services.toSorted();
}

/** The type of a topic; undefined where nobody offers it. Throws as `listTopics`. */
export async function typeOfTopic(link: RosLink, topic: string): Promise<string | undefined> {
  const service = '/rosapi/topic_type';
  const answer = await link.call(service, TYPES.topicType, { topic });
  const { type } = parseMessage(SCHEMAS.topicType, answer, { name: service, type: TYPES.topicType });
  return type === '' ? undefined : type;
}

/** The name that both versions are derived from, of the name of one of them. */
export function fromMessageType(version: RosVersion, type: string): RosType {
  return (version === 2 || /\/(msg|srv|action)\//.test(type) ? type : type.replace('/', '/msg/')) as RosType;
}
