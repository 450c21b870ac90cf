/** How an episode can fail, in the order in which things go wrong, with a title and what it means. */
export const failurePhases = {
  'did-not-find': { title: 'Did not find', meaning: 'The gripper never came near the named thing.' },
  'did-not-grasp': { title: 'Did not grasp or move', meaning: 'Near the named thing, but never lifted or moved it.' },
  dropped: { title: 'Dropped', meaning: 'Held the named thing and lost it on the way.' },
  'wrong-object': { title: 'Wrong object', meaning: 'Acted upon another thing, or took it to another place, than named.' },
  'missed-goal': { title: 'Missed the goal', meaning: 'Had the named thing, but stopped or let go of it at the wrong place.' },
  'out-of-reach': { title: 'Out of reach', meaning: 'A thing the task needs fell off the table or went where the arm does not get.' },
  'not-in-time': { title: 'Not in time', meaning: 'Was on the way to the goal, or at it, when the time was over.' },
  stopped: { title: 'Stopped', meaning: 'The safety gate, or somebody, stopped the arm.' },
} as const;

export type FailurePhase = keyof typeof failurePhases;
