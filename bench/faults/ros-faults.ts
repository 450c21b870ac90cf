import type { Fault } from './fault-rows.ts';

/** What can be wrong between a rosbridge server and the arm behind it. Such faults are of arms behind ROS only. */
export const ROS_FAULTS: readonly Fault[] = [
  { name: 'ROS: bridge silent', linkDoes: 'silence', reconnects: true },
  { name: 'ROS: connection cut', linkDoes: 'disconnect', reconnects: true },
  { name: 'ROS: half-open', linkDoes: 'half-open', noticedWithinMs: 300, reconnects: true },
  { name: 'ROS: bridge killed', linkDoes: 'bridge-killed', reconnects: true },
  { name: 'ROS: out of order', linkDoes: 'reordering', mayGoOn: true },
  { name: 'ROS: twice', linkDoes: 'duplicates', mayGoOn: true },
  { name: 'ROS: null numbers', linkDoes: 'null-numbers', mayGoOn: true },
  { name: 'ROS: late images', linkDoes: 'late-images' },
  { name: 'ROS: UR protective stop', linkDoes: 'protective-stop', robot: 'ur5e' },
  { name: 'ROS: Franka reflex', linkDoes: 'protective-stop', robot: 'fr3' },
];
