"""A master that was started anew does not know the nodes of the old one, and they do not know it."""

import os
import time

import rospy


def leave_when_forgotten():
    """Ends the process once the master no longer knows this node, so that whoever started it starts it again."""
    master = rospy.get_master()
    while True:
        time.sleep(0.3)
        try:
            code, _, _ = master.lookupNode(rospy.get_name())
        except OSError:
            continue
        if code != 1:
            os._exit(0)
