"""The training scripts import one another by name: their folder is on the path, here as when they run."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

pytest.register_assert_rewrite('models')
