"""A ROS 1 arm that simulates position control: joint states at a rate, commands by topic, trajectory and action.

Usage: arm_node.py '{"joints": [...], "home": [...], "velocities": [...], "rateHz": 100, ...}'
It exits when its master no longer knows it, so that whoever started it starts it again.
"""

import json
import sys
import threading
import time

import actionlib
import rospy
from control_msgs.msg import FollowJointTrajectoryAction, FollowJointTrajectoryResult
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from forgotten import leave_when_forgotten
from sensor_msgs.msg import CompressedImage, JointState
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import SetBool, SetBoolResponse, Trigger, TriggerResponse
from trajectory_msgs.msg import JointTrajectory

CONTROLLER = "/position_joint_trajectory_controller"


class Arm:
    """Joints that go to their set points at their largest speed."""

    def __init__(self, options):
        self.names = options["joints"]
        self.velocities = options["velocities"]
        self.positions = list(options["home"])
        self.targets = list(options["home"])
        self.speeds = [0.0] * len(self.names)
        self.trajectory = None
        self.is_enabled = True
        self.lock = threading.Lock()
        #: An immediate arm is where it is told to be, and says so at once: what remains is the time of the way.
        self.is_immediate = options.get("immediate", False)
        self.states = rospy.Publisher("/joint_states", JointState, queue_size=10, tcp_nodelay=True)
        self.diagnostics = rospy.Publisher("/diagnostics", DiagnosticArray, queue_size=1)
        rospy.Subscriber("/forward_position_controller/commands", Float64MultiArray, self.command, tcp_nodelay=True)
        rospy.Subscriber(f"{CONTROLLER}/command", JointTrajectory, self.follow, tcp_nodelay=True)
        rospy.Service("/arm/stop", Trigger, self.stop)
        rospy.Service("/arm/enable", SetBool, self.enable)
        self.serve_action()

    def serve_action(self):
        name = f"{CONTROLLER}/follow_joint_trajectory"
        self.action = actionlib.SimpleActionServer(name, FollowJointTrajectoryAction, self.execute, auto_start=False)
        self.action.start()

    def command(self, message):
        if len(message.data) != len(self.names) or not self.is_enabled:
            return
        with self.lock:
            self.trajectory = None
            self.targets = list(message.data)
            if self.is_immediate:
                self.positions = list(message.data)
        if self.is_immediate:
            self.publish()

    def follow(self, message):
        """An empty trajectory holds the arm where it is."""
        with self.lock:
            self.trajectory = None
            self.targets = list(self.positions)
            if not message.points or not self.is_enabled or sorted(message.joint_names) != sorted(self.names):
                return
            order = [message.joint_names.index(name) for name in self.names]
            knots = [(0.0, list(self.positions))]
            for point in message.points:
                knots.append((point.time_from_start.to_sec(), [point.positions[at] for at in order]))
            self.trajectory = (time.monotonic(), knots)

    def execute(self, goal):
        result = FollowJointTrajectoryResult()
        if sorted(goal.trajectory.joint_names) != sorted(self.names) or not goal.trajectory.points:
            result.error_code = FollowJointTrajectoryResult.INVALID_JOINTS
            return self.action.set_aborted(result, "the joints are not this arm's")
        self.follow(goal.trajectory)
        end = time.monotonic() + goal.trajectory.points[-1].time_from_start.to_sec()
        while time.monotonic() < end:
            if self.action.is_preempt_requested():
                # A newer goal takes over on the way; a goal that is cancelled ends where the arm is.
                if not self.action.is_new_goal_available():
                    self.stop(None)
                return self.action.set_preempted(result, "ended early")
            time.sleep(0.005)
        self.action.set_succeeded(result, "reached")

    def stop(self, _):
        with self.lock:
            self.trajectory = None
            self.targets = list(self.positions)
        return TriggerResponse(True, "stopped")

    def enable(self, request):
        self.is_enabled = request.data
        return SetBoolResponse(True, "enabled" if request.data else "disabled")

    def step(self, seconds):
        with self.lock:
            if self.trajectory is not None:
                start, knots = self.trajectory
                self.targets = sample(knots, time.monotonic() - start)
            before = self.positions
            self.positions = [
                at + max(-limit * seconds, min(limit * seconds, to - at))
                for at, to, limit in zip(before, self.targets, self.velocities)
            ]
            self.speeds = [(now - at) / seconds for at, now in zip(before, self.positions)]

    def publish(self):
        message = JointState()
        message.header.stamp = rospy.Time.now()
        message.name = self.names
        with self.lock:
            message.position, message.velocity = list(self.positions), list(self.speeds)
        message.effort = [0.0] * len(self.names)
        self.states.publish(message)


def sample(knots, at):
    for (begin, start), (end, goal) in zip(knots, knots[1:]):
        if at < end:
            share = (at - begin) / (end - begin)
            return [from_ + (to - from_) * share for from_, to in zip(start, goal)]
    return knots[-1][1]


def publish_images(options):
    """Pictures of as many bytes as wanted; the stamp is all that matters."""
    topic = rospy.Publisher("/camera/color/image_raw/compressed", CompressedImage, queue_size=1, tcp_nodelay=True)
    message = CompressedImage(format="jpeg", data=bytes(options["bytes"]))
    rate = rospy.Rate(options["rateHz"])
    while not rospy.is_shutdown():
        message.header.stamp = rospy.Time.now()
        topic.publish(message)
        rate.sleep()


def main(options):
    rospy.init_node("arm", disable_signals=True, disable_rosout=True)
    arm = Arm(options)
    threading.Thread(target=leave_when_forgotten, daemon=True).start()
    if "images" in options:
        threading.Thread(target=publish_images, args=(options["images"],), daemon=True).start()
    period, due, ticks = 1 / options["rateHz"], time.monotonic(), 0
    while not rospy.is_shutdown():
        if not arm.is_immediate:
            arm.step(period)
            arm.publish()
        elif ticks % 10 == 0:
            arm.publish()
        if ticks % int(options["rateHz"]) == 0:
            arm.diagnostics.publish(DiagnosticArray(status=[DiagnosticStatus(name="arm", message="ok")]))
        ticks += 1
        due = max(due + period, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
