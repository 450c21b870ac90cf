"""Says which packages are missing before anything imports them."""
import importlib.util
from pathlib import Path

# As they are imported.
NEEDED = ('torch', 'numpy', 'pyarrow', 'PIL', 'onnx', 'matplotlib')


def require(names=NEEDED):
    """Ends the program with the remedy where a package cannot be imported."""
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        raise SystemExit(f'Python packages are missing: {", ".join(missing)}; run "pip install -r {Path(__file__).parent / "requirements.txt"}"')
