"""Runs the verbs of the command line from Python."""
import json
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / 'src/cli/main.ts'
# An installed package has only what was built from it.
CLI = [str(ROOT / 'node_modules/.bin/tsx'), str(SOURCE)] if SOURCE.exists() else ['node', str(ROOT / 'dist/cli/main.js')]


class VerbFailed(Exception):
    """A verb of the command line ended with an error."""


def armature(*words, data=None, stdout=subprocess.PIPE):
    """Runs a verb; its progress goes to our stderr. Returns what it printed, unless that goes to another `stdout`.

    data: folder whose robots/ or sim/ take the place of those that ship. Raises VerbFailed.
    """
    environment = {**os.environ, 'ARMATURE_DATA': str(data)} if data else None
    ended = subprocess.run([*CLI, *map(str, words)], stdout=stdout, text=True, check=False, env=environment)
    if ended.returncode != 0:
        # With --json the message is what it printed.
        raise VerbFailed(f'"armature {words[0]}" ended with status {ended.returncode}: {(ended.stdout or "").strip() or "its message stands above"}')
    return ended.stdout


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
