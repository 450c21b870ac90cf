"""A thin builder of ONNX graphs: nodes by call, weights in fp32, fp16, int8 or int4."""
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 20
MICROSOFT = 'com.microsoft'
TYPES = {'float': TensorProto.FLOAT, 'int64': TensorProto.INT64}
PRECISIONS = ('int8', 'fp32', 'fp16', 'int4')
INT4_BLOCK = 32  # Weights that share a scale; 128 is a fifth faster and less exact.
EXTERNAL_FROM = 1024  # Bytes from which a weight goes to the data file, where there is one.
ALIGNMENT = 4096  # Of weights in the data file, so that a runtime may map it.


class Graph:
    """Collects nodes. `precision` decides how `linear` and `table` store their weights.

    With `data`, a path, weights are written to that file as they come, and the graph only points to them: a file of
    protobuf ends at 2 GB, and so a large model never lies in memory twice.
    """

    def __init__(self, name, precision, data=None):
        if precision not in PRECISIONS:
            raise ValueError(f'precision "{precision}" is unknown; choose one of {", ".join(PRECISIONS)}')
        self.name, self.precision, self.opset = name, precision, OPSET
        self.nodes, self.weights, self.inputs, self.outputs, self.count = [], [], [], [], 0
        self.additions = {}
        self.data = None if data is None else Path(data)
        if self.data is not None:
            self.data.write_bytes(b'')

    def fresh(self, hint):
        self.count += 1
        return f'{hint.lower()}_{self.count}'

    def input(self, name, kind, shape):
        self.inputs.append(helper.make_tensor_value_info(name, TYPES[kind], shape))
        return name

    def output(self, name, source, kind, shape):
        self.nodes.append(helper.make_node('Identity', [source], [name]))
        self.outputs.append(helper.make_tensor_value_info(name, TYPES[kind], shape))

    def constant(self, value, hint='constant'):
        """An initialiser; Python ints become int64, everything else keeps its type, float64 becomes float32."""
        array = np.asarray(value)
        array = np.ascontiguousarray(array.astype(np.float32) if array.dtype == np.float64 else array)
        name = self.fresh(hint)
        is_outside = self.data is not None and array.nbytes >= EXTERNAL_FROM
        self.weights.append(self.write_outside(array, name) if is_outside else numpy_helper.from_array(array, name))
        return name

    def write_outside(self, array, name):
        with self.data.open('ab') as file:
            file.write(b'\0' * (-file.tell() % ALIGNMENT))
            entries = {'location': self.data.name, 'offset': file.tell(), 'length': array.nbytes}
            array.tofile(file)
        kind = helper.np_dtype_to_tensor_dtype(array.dtype)
        tensor = TensorProto(name=name, data_type=kind, dims=array.shape, data_location=TensorProto.EXTERNAL)
        for key, value in entries.items():
            tensor.external_data.add(key=key, value=str(value))
        return tensor

    def add(self, operator, *inputs, outputs=1, domain='', **attributes):
        """Appends a node; arrays and numbers among the inputs become constants. Returns one name, or a list of names."""
        names = [value if isinstance(value, str) else self.constant(value) for value in inputs]
        results = [self.fresh(operator) for _ in range(outputs)]
        self.nodes.append(helper.make_node(operator, names, results, domain=domain, **attributes))
        return results[0] if outputs == 1 else results

    def choose(self, condition, build, build_other):
        """What `build` adds and names, where the condition (bool, one) holds; else what `build_other` does. Only the chosen nodes run."""
        branches = [self.branch(part) for part in (build, build_other)]
        return self.add('If', condition, then_branch=branches[0], else_branch=branches[1])

    def branch(self, build):
        """The nodes that `build` adds as a graph inside this one, whose names and weights it sees."""
        first = len(self.nodes)
        result = build()
        nodes, self.nodes = self.nodes[first:], self.nodes[:first]
        return helper.make_graph(nodes, result, [], [helper.make_tensor_value_info(result, TensorProto.FLOAT, None)])

    def linear(self, x, weight, bias=None, hint='linear'):
        """x [.., in] times weight [out, in] (as PyTorch stores it), plus bias [out]. In an int4 graph logits stay int8."""
        weight = np.asarray(weight, np.float32)
        extra = [] if bias is None else [self.constant(np.asarray(bias, np.float32))]
        if self.precision == 'int8' or (self.precision == 'int4' and hint == 'logits'):
            whole, scale = quantise_rows(weight)
            inputs = [x, self.constant(whole.T, hint), self.constant(scale), '', *extra]
            return self.add('DynamicQuantizeMatMul', *inputs, domain=MICROSOFT)
        if self.precision == 'int4':
            packed, scale = quantise_blocks(weight)
            inputs = [x, self.constant(packed, hint), self.constant(scale), *(['', '', *extra] if extra else [])]
            rows, columns = weight.shape
            # accuracy_level 4: activations in int8, as DynamicQuantizeMatMul has them.
            return self.add('MatMulNBits', *inputs, domain=MICROSOFT, N=rows, K=columns, bits=4, block_size=INT4_BLOCK, accuracy_level=4)
        product = self.add('MatMul', x, self.weight(weight.T, hint))
        return self.add('Add', product, extra[0]) if extra else product

    def weight(self, weight, hint):
        """A weight that is used as float32. fp16 is widened when the graph is loaded: it halves the file, and changes nothing else."""
        if self.precision != 'fp16':
            return self.constant(weight, hint)
        return self.add('Cast', self.constant(weight.astype(np.float16), hint), to=TensorProto.FLOAT)

    def table(self, rows, weight, hint='table'):
        """Rows (int64, any shape) of weight [count, W]; int8 and int4 keep one scale per row, of 8-bit numbers."""
        weight = np.asarray(weight, np.float32)
        if self.precision == 'fp32':
            return self.add('Gather', self.constant(weight, hint), rows)
        if self.precision == 'fp16':
            return self.add('Cast', self.add('Gather', self.constant(weight.astype(np.float16), hint), rows), to=TensorProto.FLOAT)
        whole, scale = quantise_rows(weight)
        values = self.add('Cast', self.add('Gather', self.constant(whole, hint), rows), to=TensorProto.FLOAT)
        return self.add('Mul', values, self.add('Gather', self.constant(scale[:, None]), rows))

    def addition(self, name):
        """A graph of more nodes and outputs, which may take any name of this one. Its file is behind this one's: together they are one model."""
        part = Graph(name, self.precision)
        part.count = self.count
        self.additions[name] = part
        return part

    def save_addition(self, path):
        """Writes nodes, weights and outputs alone. Messages of protobuf that stand one after another are merged when they are read."""
        graph = onnx.GraphProto(node=self.nodes, initializer=self.weights, output=self.outputs)
        Path(path).write_bytes(onnx.ModelProto(graph=graph).SerializeToString())

    def save(self, path):
        """Writes the graph. Weights in a data file are found by its name, in the same folder."""
        graph = helper.make_graph(self.nodes, self.name, self.inputs, self.outputs, self.weights)
        opsets = [helper.make_opsetid('', self.opset), helper.make_opsetid(MICROSOFT, 1)]
        model = helper.make_model(graph, opset_imports=opsets, producer_name='armature')
        model.ir_version = 10
        Path(path).write_bytes(model.SerializeToString())


def quantise_rows(weight):
    """Symmetric int8 per row: whole [rows, columns] int8 and scale [rows] float32 with weight ~ whole * scale."""
    scale = np.maximum(np.abs(weight).max(axis=1), 1e-12) / 127
    return np.clip(np.round(weight / scale[:, None]), -127, 127).astype(np.int8), scale.astype(np.float32)


def quantise_blocks(weight, block=INT4_BLOCK):
    """MatMulNBits' int4: packed [rows, blocks, block / 2] uint8, low nibble first, and scale [rows * blocks]; weight ~ (nibble - 8) * scale."""
    rows, columns = weight.shape
    blocks = -(-columns // block)
    padded = np.zeros((rows, blocks * block), np.float32)
    padded[:, :columns] = weight
    padded = padded.reshape(rows, blocks, block)
    # The number of greatest size becomes -8, of which there is no positive twin: one more step for the others.
    extreme = np.take_along_axis(padded, np.abs(padded).argmax(axis=2)[..., None], axis=2)
    scale = np.where(extreme == 0, 1, extreme / -8).astype(np.float32)
    nibbles = np.clip(np.round(padded / scale) + 8, 0, 15).astype(np.uint8)
    return nibbles[..., 0::2] | (nibbles[..., 1::2] << 4), scale.reshape(-1)
