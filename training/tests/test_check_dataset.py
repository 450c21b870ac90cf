"""Datasets as the TypeScript side writes them, read with pyarrow, PIL and PyAV."""
import json
import subprocess
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from check_dataset import Check

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope='module')
def samples(tmp_path_factory):
    parent = tmp_path_factory.mktemp('samples')
    command = ['node', '--import', 'tsx', 'scripts/write-sample-datasets.ts', str(parent)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return parent


def problems_of(path):
    reading = path.with_suffix('.json')
    return Check(path, json.loads(reading.read_text()) if reading.exists() else None).run()


@pytest.mark.parametrize('name', ['images', 'videos', 'av1', 'merged', 'converted'])
def test_pyarrow_reads_what_the_writer_wrote_and_the_reader_reads(samples, name):
    assert problems_of(samples / name) == []


@pytest.mark.parametrize('name', ['ref_v3_by_lerobot_0.6.2', 'ref_v3_image_dtype'])
def test_the_check_finds_nothing_wrong_with_what_lerobot_wrote(name):
    assert Check(ROOT / 'tests/fixtures' / name).run() == []


@pytest.mark.parametrize('name', ['images', 'videos'])
def test_the_columns_have_the_types_of_lerobots_own(samples, name):
    ours = parquet.read_schema(samples / name / 'data/chunk-000/file-000.parquet')
    theirs = parquet.read_schema(ROOT / 'tests/fixtures/ref_v3_by_lerobot_0.6.2/data/chunk-000/file-000.parquet')
    for column in ('timestamp', 'frame_index', 'episode_index', 'index', 'task_index'):
        assert ours.field(column).type == theirs.field(column).type
    # LeRobot's has the length in its type, which its reader takes from info.json in any case.
    assert ours.field('action').type.value_type == theirs.field('action').type.value_type


def test_a_reading_of_another_dataset_is_told(samples):
    reading = json.loads((samples / 'videos.json').read_text())
    reading['episodes'][0]['columns']['action'][2] += 1
    reading['episodes'][1]['pictures'] = reading['episodes'][0]['pictures']
    problems = Check(samples / 'videos', reading).run()
    assert 'episode 0: action is read otherwise' in problems
    assert any(problem.startswith('episode 1: observation.images.') for problem in problems)
