"""The runtime's trajectories against Ruckig, an independent generator of time-optimal ones."""
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import ruckig

ROOT = Path(__file__).resolve().parents[2]
CASES = 10_000


def random_cases(moving: bool, seed: int) -> list[dict[str, list[float]]]:
    """One to seven joints with limits of the sizes arms have; `moving` starts from any state within them."""
    random = np.random.default_rng(seed)
    cases = []
    for _ in range(CASES):
        joints = int(random.integers(1, 8))
        velocity_limit = 10 ** random.uniform(-0.5, 1, joints)
        acceleration_limit = 10 ** random.uniform(0.5, 2.2, joints)
        jerk_limit = 10 ** random.uniform(1.5, 4, joints)
        acceleration = random.uniform(-1, 1, joints) * acceleration_limit * moving
        # What the acceleration still adds to the velocity must stay within its limit.
        room = np.maximum(0, velocity_limit - acceleration**2 / (2 * jerk_limit))
        acceleration = np.where(room > 0, acceleration, 0)
        room = np.where(room > 0, room, velocity_limit)
        cases.append({
            'position': random.uniform(-3, 3, joints).tolist(),
            'velocity': (random.uniform(-1, 1, joints) * room * moving).tolist(),
            'acceleration': acceleration.tolist(),
            'target': random.uniform(-3, 3, joints).tolist(),
            'maxVelocity': velocity_limit.tolist(),
            'maxAcceleration': acceleration_limit.tolist(),
            'maxJerk': jerk_limit.tolist(),
        })
    return cases


def oracle_duration(case: dict[str, list[float]]) -> float:
    joints = len(case['position'])
    asked = ruckig.InputParameter(joints)
    asked.current_position = case['position']
    asked.current_velocity = case['velocity']
    asked.current_acceleration = case['acceleration']
    asked.target_position = case['target']
    asked.max_velocity = case['maxVelocity']
    asked.max_acceleration = case['maxAcceleration']
    asked.max_jerk = case['maxJerk']
    trajectory = ruckig.Trajectory(joints)
    result = ruckig.Ruckig(joints).calculate(asked, trajectory)
    assert result in (ruckig.Result.Working, ruckig.Result.Finished), result
    return trajectory.duration


def planned(cases: list[dict[str, list[float]]]) -> list[dict[str, float]]:
    command = ['node', '--import', 'tsx', 'scripts/plan-durations.ts']
    done = subprocess.run(command, cwd=ROOT, input=json.dumps(cases), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def compare(moving: bool) -> np.ndarray:
    """Planned duration as a share of Ruckig's, less 1, for each case."""
    cases = random_cases(moving, seed=4)
    plans = planned(cases)
    assert max(plan['endError'] for plan in plans) < 1e-6
    if not moving:
        assert max(plan['excess'] for plan in plans) < 1 + 1e-6
    oracle = np.array([oracle_duration(case) for case in cases])
    excess = np.array([plan['durationS'] for plan in plans]) / oracle - 1
    quantiles = np.quantile(excess, [0, 0.01, 0.05, 0.5, 0.95, 0.99, 1])
    name = 'from moving states' if moving else 'rest to rest'
    print(f'{name}, {CASES} cases, duration over the oracle\'s at 0/1/5/50/95/99/100 %: '
          + ' '.join(f'{value:+.2e}' for value in quantiles))
    return excess


@pytest.mark.parametrize('moving', [False, True])
def test_trajectories_take_no_longer_than_the_oracle_says(moving: bool) -> None:
    excess = compare(moving)
    if moving:
        assert np.mean(np.abs(excess) <= 0.15) >= 0.95
    else:
        assert np.abs(excess).max() <= 0.05
