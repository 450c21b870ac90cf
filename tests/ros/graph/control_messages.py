"""control_msgs/FollowJointTrajectory, which Debian does not package, generated from its definition."""

import pathlib
import subprocess
import sys

GENERATE = "/usr/lib/genpy/genmsg_py.py"
SHARE = "/usr/share"
PACKAGES = ("std_msgs", "geometry_msgs", "trajectory_msgs", "actionlib_msgs")

HEADER = "std_msgs/Header header\n"
JOINT_STATE = "string[] joint_names\ntrajectory_msgs/JointTrajectoryPoint "
ACTION = "FollowJointTrajectory"
DEFINITIONS = {
    "JointTolerance": "string name\nfloat64 position\nfloat64 velocity\nfloat64 acceleration\n",
    f"{ACTION}Goal": (
        "trajectory_msgs/JointTrajectory trajectory\nJointTolerance[] path_tolerance\n"
        "JointTolerance[] goal_tolerance\nduration goal_time_tolerance\n"
    ),
    f"{ACTION}Result": (
        "int32 error_code\nint32 SUCCESSFUL = 0\nint32 INVALID_GOAL = -1\nint32 INVALID_JOINTS = -2\n"
        "int32 OLD_HEADER_TIMESTAMP = -3\nint32 PATH_TOLERANCE_VIOLATED = -4\n"
        "int32 GOAL_TOLERANCE_VIOLATED = -5\nstring error_string\n"
    ),
    f"{ACTION}Feedback": (
        HEADER + JOINT_STATE + "desired\ntrajectory_msgs/JointTrajectoryPoint actual\n"
        "trajectory_msgs/JointTrajectoryPoint error\n"
    ),
    f"{ACTION}ActionGoal": f"{HEADER}actionlib_msgs/GoalID goal_id\n{ACTION}Goal goal\n",
    f"{ACTION}ActionResult": f"{HEADER}actionlib_msgs/GoalStatus status\n{ACTION}Result result\n",
    f"{ACTION}ActionFeedback": f"{HEADER}actionlib_msgs/GoalStatus status\n{ACTION}Feedback feedback\n",
    f"{ACTION}Action": (
        f"{ACTION}ActionGoal action_goal\n{ACTION}ActionResult action_result\n{ACTION}ActionFeedback action_feedback\n"
    ),
}


def generate(folder):
    """Writes the package control_msgs into a folder."""
    sources = pathlib.Path(folder) / "definitions"
    sources.mkdir(parents=True, exist_ok=True)
    files = []
    for name, text in DEFINITIONS.items():
        files.append(sources / f"{name}.msg")
        files[-1].write_text(text)
    package = pathlib.Path(folder) / "control_msgs"
    include = [f"-I{name}:{SHARE}/{name}/msg" for name in PACKAGES] + [f"-Icontrol_msgs:{sources}"]
    run = [sys.executable, GENERATE, "-p", "control_msgs", "-o", str(package / "msg"), *include]
    subprocess.run([*run, *map(str, files)], check=True)
    subprocess.run([*run, "--initpy"], check=True)
    (package / "__init__.py").touch()


if __name__ == "__main__":
    generate(sys.argv[1])
