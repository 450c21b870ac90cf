"""Writes tests/fixtures/random-policy: the layout and words of the desk policy, tiny random weights. It moves the arm, to no purpose.

    python3 training/tests/write_random_policy.py tests/fixtures/random-policy
"""
import json
import sys
from pathlib import Path

TRAINING = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TRAINING))
from data import model_config
from export import write_policy
from model import Gato
from tokens import UNKNOWN_WORD, LayoutSpec

SHAPE = dict(width=16, layers=1, heads=2, kv_heads=1, head_width=8, feed_forward=24, stem_channels=2, stem_groups=1)


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    policy = json.loads((TRAINING / 'policies' / 'so101-desk.json').read_text())
    policy.update(name='random', description='A random policy for the so101. It has learnt nothing.')
    # Without the entry that stands for unknown words, so that tests can see a policy refuse them.
    text = policy['tokens']['text']
    text['vocabulary'] = [word for word in text['vocabulary'] if word != UNKNOWN_WORD]
    spec = LayoutSpec.from_json(policy['tokens'])
    manifest = write_policy(Gato(model_config(spec, **SHAPE), seed=3).eval(), policy, folder, precisions=['fp32'])
    # Nobody trains on from it.
    (folder / manifest.pop('weights')['path']).unlink()
    (folder / 'policy.json').write_text(json.dumps(manifest, indent=2) + '\n')


if __name__ == '__main__':
    main(Path(sys.argv[1]))
