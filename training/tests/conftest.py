"""The training scripts import one another by name: their folder is on the path, here as when they run."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
