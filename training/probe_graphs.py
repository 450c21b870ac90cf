"""Writes two graphs that measure a machine through the runtime: `python3 training/probe_graphs.py /tmp/probes`.

vector.onnx: a row times a matrix given as input, which reads every weight once and so goes as fast as memory does.
int8.onnx and fp32.onnx: many rows times a matrix that fits into the cache, which go as fast as arithmetic does.
"""
import sys
from pathlib import Path

import numpy as np

from onnx_graph import Graph

SIDE = 1024  # Of the square matrix: 4 MB in fp32.


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    vector = Graph('vector', 'fp32')
    vector.output('y', vector.add('MatMul', vector.input('x', 'float', [1, 'K']), vector.input('w', 'float', ['K', 'N'])), 'float', [1, 'N'])
    vector.save(folder / 'vector.onnx')
    weight = np.random.default_rng(0).normal(size=(SIDE, SIDE)).astype(np.float32)
    for precision in ('int8', 'fp32'):
        graph = Graph(precision, precision)
        graph.output('y', graph.linear(graph.input('x', 'float', ['M', SIDE]), weight), 'float', ['M', SIDE])
        graph.save(folder / f'{precision}.onnx')


if __name__ == '__main__':
    main(Path(sys.argv[1]))
