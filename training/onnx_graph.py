"""A thin builder of ONNX graphs: nodes by call, weights in fp32 or int8."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 20
MICROSOFT = 'com.microsoft'
TYPES = {'float': TensorProto.FLOAT, 'int64': TensorProto.INT64}


class Graph:
    """Collects nodes. `precision` decides how `linear` and `table` store their weights."""

    def __init__(self, name, precision):
        self.name, self.precision = name, precision
        self.nodes, self.weights, self.inputs, self.outputs, self.count = [], [], [], [], 0

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
        array = array.astype(np.float32) if array.dtype == np.float64 else array
        name = self.fresh(hint)
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, operator, *inputs, outputs=1, domain='', **attributes):
        """Appends a node; arrays and numbers among the inputs become constants. Returns one name, or a list of names."""
        names = [value if isinstance(value, str) else self.constant(value) for value in inputs]
        results = [self.fresh(operator) for _ in range(outputs)]
        self.nodes.append(helper.make_node(operator, names, results, domain=domain, **attributes))
        return results[0] if outputs == 1 else results

    def linear(self, x, weight, bias=None, hint='linear'):
        """x [.., in] times weight [out, in] (as PyTorch stores it), plus bias [out]."""
        weight = np.asarray(weight, np.float32)
        extra = [] if bias is None else [self.constant(np.asarray(bias, np.float32))]
        if self.precision == 'int8':
            whole, scale = quantise_rows(weight)
            inputs = [x, self.constant(whole.T, hint), self.constant(scale), '', *extra]
            return self.add('DynamicQuantizeMatMul', *inputs, domain=MICROSOFT)
        product = self.add('MatMul', x, self.constant(weight.T, hint))
        return self.add('Add', product, extra[0]) if extra else product

    def table(self, rows, weight, hint='table'):
        """Rows (int64, any shape) of weight [count, W]; int8 keeps one scale per row."""
        weight = np.asarray(weight, np.float32)
        if self.precision != 'int8':
            return self.add('Gather', self.constant(weight, hint), rows)
        whole, scale = quantise_rows(weight)
        values = self.add('Cast', self.add('Gather', self.constant(whole, hint), rows), to=TensorProto.FLOAT)
        return self.add('Mul', values, self.add('Gather', self.constant(scale[:, None]), rows))

    def save(self, path):
        graph = helper.make_graph(self.nodes, self.name, self.inputs, self.outputs, self.weights)
        opsets = [helper.make_opsetid('', OPSET), helper.make_opsetid(MICROSOFT, 1)]
        model = helper.make_model(graph, opset_imports=opsets, producer_name='armature')
        model.ir_version = 10
        onnx.save(model, path)


def quantise_rows(weight):
    """Symmetric int8 per row: whole [rows, columns] int8 and scale [rows] float32 with weight ~ whole * scale."""
    scale = np.maximum(np.abs(weight).max(axis=1), 1e-12) / 127
    return np.clip(np.round(weight / scale[:, None]), -127, 127).astype(np.int8), scale.astype(np.float32)
