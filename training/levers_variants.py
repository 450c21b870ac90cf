"""Robots and simulations that differ from those that ship in one thing: folders, made when they are needed."""
import json
import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np

from command_line import ROOT, read_yaml

ROBOT, SIM = ROOT / 'robots/so101', ROOT / 'sim'


def robot_folder(folder, size=None, mounts=None):
    """The robot with pictures of size x size pixels and other camera mounts. Returns its folder.

    mounts: by camera, `fovy` (deg), and `pos` with `target` (m, base frame) for a camera that stands still.
    """
    folder = Path(folder)
    shutil.copytree(ROBOT, folder, dirs_exist_ok=True)
    robot = read_yaml(ROBOT / 'robot.yaml')
    for camera in robot['cameras'] if size else []:
        camera.update(width=size, height=size)
    # JSON is YAML.
    (folder / 'robot.yaml').write_text(json.dumps(robot, indent=1))
    tree = ElementTree.parse(ROBOT / 'model.xml')
    for name, mount in (mounts or {}).items():
        camera = tree.find(f".//camera[@name='{name}']")
        if 'fovy' in mount:
            camera.set('fovy', str(mount['fovy']))
        if 'pos' in mount:
            camera.set('pos', numbers(mount['pos']))
            camera.set('xyaxes', numbers(np.concatenate(aim(mount['pos'], mount['target']))))
    tree.write(folder / 'model.xml')
    return folder


def aim(position, target):
    """Axes to the right and up of a camera that looks at a point, upright."""
    ahead = np.subtract(target, position) / np.linalg.norm(np.subtract(target, position))
    right = np.cross(ahead, [0, 0, 1])
    right /= np.linalg.norm(right)
    return right, np.cross(right, ahead)


def numbers(values):
    return ' '.join(f'{value:.5g}' for value in values)


def sim_folder(folder, change):
    """A data folder (see command_line.armature) whose sim/ went through one of `SIM_CHANGES`. Returns the folder."""
    folder = Path(folder)
    shutil.copytree(SIM, folder / 'sim', dirs_exist_ok=True)
    SIM_CHANGES[change](folder / 'sim')
    return folder


def without_variation(sim):
    """Light, colours and camera mounts always those in the middle of their ranges; start poses still vary."""
    variation = read_yaml(SIM / 'variation.yaml')
    middle = lambda ends: [sum(ends) / 2] * 2
    variation['colourJitter'] = variation['table']['jitter'] = 0
    variation['lighting'] = {name: middle(ends) for name, ends in variation['lighting'].items()}
    variation['cameraShift'] = {name: 0 for name in variation['cameraShift']}
    (sim / 'variation.yaml').write_text(json.dumps(variation))


def one_wording(sim):
    """Of every task's instructions only the first."""
    for path in sorted((SIM / 'tasks').glob('*.yaml')):
        task = read_yaml(path)
        task['instructions'] = task['instructions'][:1]
        (sim / 'tasks' / path.name).write_text(json.dumps(task))


SIM_CHANGES = {'no-variation': without_variation, 'one-wording': one_wording}
