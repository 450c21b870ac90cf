"""Runs the verbs of the command line from Python."""
import json
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLI = [str(ROOT / 'node_modules/.bin/tsx'), str(ROOT / 'src/cli/main.ts')]


def armature(*words, data=None):
    """Runs a verb; its progress goes to our stderr. Returns what it printed.

    data: folder whose robots/ or sim/ take the place of those that ship. Raises CalledProcessError.
    """
    environment = {**os.environ, 'ARMATURE_DATA': str(data)} if data else None
    return subprocess.run([*CLI, *map(str, words)], stdout=subprocess.PIPE, text=True, check=True, env=environment).stdout


def collect(target, tasks, *words, robot='so101', data=None):
    """A dataset of demonstrations, unless it is there. It appears under its name only when it is complete."""
    target = Path(target)
    if target.exists():
        return
    partial = target.parent.parent / 'collecting' / target.name
    shutil.rmtree(partial, ignore_errors=True)
    partial.parent.mkdir(parents=True, exist_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    print(f'collecting {target.name}', flush=True)
    armature('demos', '--robot', robot, '--task', ','.join(tasks), '--out', partial, *words, data=data)
    partial.rename(target)


def read_yaml(path):
    """A YAML file as plain values."""
    script = ("import { parse } from 'yaml'; import { readFileSync } from 'node:fs';"
              "console.log(JSON.stringify(parse(readFileSync(process.argv[1], 'utf8'))))")
    words = ['node', '--input-type=module', '--eval', script, str(path)]
    return json.loads(subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT).stdout)
