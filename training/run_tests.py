"""Runs the tests of training/ with pytest; installs nothing."""
import sys
from pathlib import Path

try:
    import pytest
except ImportError:
    sys.exit('pytest is missing: pip install -r training/requirements.txt')

if __name__ == '__main__':
    sys.exit(pytest.main(['-q', str(Path(__file__).resolve().parent / 'tests'), *sys.argv[1:]]))
