"""The two graphs of a DB1 policy, in the form of graphs.py: new rows beside a read-only ring of keys and values.

One input more than Gato's: `cache_positions`, the position that each slot of the ring holds, since attention here
asks for distances. The keys of all distances are constants of the graph; a score per distance is computed for each
new row, and gathered by the distance of each slot.
"""
import math

import numpy as np
import torch

from db1 import DEVIATION_FLOOR, PIXEL_RANGE, sinusoids
from graphs import HIDDEN, TrunkBuilder, array, state_rows
from layers import NORM_EPSILON
from onnx_graph import MICROSOFT, Graph


def build_embed(model, spec, precision, data=None):
    """text int64 [words], state int64 [values] (raw ids), patches float32 [N, 3 size^2] -> embeddings float32 [P, W]."""
    config, graph = model.config, Graph('embed', precision, data)
    text = graph.input('text', 'int64', [config.text_positions])
    state = graph.input('state', 'int64', [config.state_values])
    patches = graph.input('patches', 'float', [config.patches, 3 * config.patch_size**2])
    table = array(model.table)
    parts = [graph.table(text, table[:config.vocabulary], 'words')]
    if config.patches:
        where = model.fixed_patch_positions
        place = array(model.row_positions[where[:, 0]] + model.column_positions[where[:, 1]])
        parts.append(graph.add('Add', build_patches(graph, model.stem, patches), place))
    values = state_rows(graph, model, spec, state)
    joined = graph.add('Concat', *parts, values, graph.constant(table[-1:], 'separator'), axis=0)
    local = array(model.local_positions)[1:1 + config.observation_positions]
    graph.output('embeddings', graph.add('Add', joined, local), 'float', [config.observation_positions, config.width])
    return graph


def build_patches(graph, stem, patches):
    """Patches [N, 3 size^2], HWC, -> [N, W]."""
    size = stem.size
    image = graph.add('Transpose', graph.add('Reshape', patches, np.array([-1, size, size, 3])), perm=[0, 3, 1, 2])
    image = graph.add('Mul', image, np.float32(PIXEL_RANGE))
    away = graph.add('Sub', image, graph.add('ReduceMean', image, np.array([2, 3])))
    # The released code divides by the deviation of a sample, of size^2 - 1 degrees of freedom.
    squares = graph.add('ReduceSumSquare', away, np.array([2, 3]))
    deviation = graph.add('Sqrt', graph.add('Div', squares, np.float32(size**2 - 1)))
    scale = graph.add('Mul', graph.add('Add', deviation, np.float32(DEVIATION_FLOOR)), np.float32(math.sqrt(size)))
    convolve = lambda value, layer: graph.add('Conv', value, array(layer.weight), array(layer.bias), pads=[1, 1, 1, 1])

    def activate(value, norm):
        grouped = graph.add('Reshape', value, np.array([0, norm.num_groups, -1]))
        count = norm.num_channels * size**2 // norm.num_groups
        normal = graph.add('LayerNormalization', grouped, np.ones(count, np.float32), np.zeros(count, np.float32), epsilon=norm.eps)
        back = graph.add('Reshape', normal, np.array([0, norm.num_channels, size, size]))
        scaled = graph.add('Mul', back, array(norm.weight)[:, None, None])
        return graph.add('Gelu', graph.add('Add', scaled, array(norm.bias)[:, None, None]))

    x = convolve(graph.add('Div', away, scale), stem.enter)
    y = convolve(activate(x, stem.norm1), stem.conv1)
    y = convolve(activate(y, stem.norm2), stem.conv2)
    flat = graph.add('Reshape', graph.add('Add', x, y), np.array([0, -1]))
    return graph.linear(flat, array(stem.leave.weight.flatten(1)), array(stem.leave.bias), 'stem')


def memory_of(config):
    """The entries "context" and "state" of policy.json: so many positions, whatever steps they are of."""
    steps = max(1, config.memory // config.step_positions)
    before = 'zeros' if config.initial_memory == 'zeros' else 'nothing'
    return {'context': {'steps': steps, 'ringPositions': config.memory}, 'state': {'kind': 'relative-ring', 'beforeStart': before}}


def build_trunk(model, spec, precision, data=None):
    return Db1TrunkBuilder(model, spec, precision, data).build()


class Db1TrunkBuilder(TrunkBuilder):
    """2-D activations [T, W]; heads as [H, T, D]. Outputs as Gato's trunk has them."""

    def build(self):
        graph, config = self.graph, self.config
        embeddings, tokens = self.new_rows()
        cached = self.cached_rows()
        self.cache_positions = graph.input('cache_positions', 'int64', ['S'])
        rows = graph.add('Sub', tokens, np.int64(self.spec.first_action_id))
        actions = graph.table(rows, array(self.model.action_rows), 'actions')
        x = graph.add('Concat', embeddings, graph.add('Add', actions, array(self.model.local_positions)[:1]), axis=0)
        self.prepare()
        new_keys, new_values, self.attended = [], [], []
        for index, block in enumerate(self.model.blocks):
            x, key, value = self.layer(block, x, cached[index], index == config.layers - 1)
            new_keys.append(key)
            new_values.append(value)
        logits = graph.linear(x, array(self.model.action_rows), hint='logits')
        graph.output('logits', graph.add('Reshape', logits, np.array([config.action_values])), 'float', [config.action_values])
        graph.output('kv', graph.add('Concat', *new_keys, *new_values, axis=0), 'float', [2 * config.layers, config.heads, 'T', config.head_width])
        self.add_attention()
        return graph

    def prepare(self):
        """The distance of every new row from every slot and new row [T, S + T], and the bias of what is out of sight."""
        graph, config = self.graph, self.config
        self.read = graph.add('ArgMax', self.positions, axis=0, keepdims=1)
        length = graph.add('Shape', self.positions)
        self.cached = graph.add('Shape', self.cache_bias)
        others = graph.add('Unsqueeze', graph.add('Concat', self.cache_positions, self.positions, axis=0), np.array([0]))
        away = graph.add('Sub', graph.add('Unsqueeze', self.positions, np.array([1])), others)
        inside = graph.add('And', graph.add('GreaterOrEqual', away, np.int64(0)), graph.add('Less', away, np.int64(config.memory)))
        window = graph.add('Where', inside, np.float32(0), np.float32(HIDDEN))
        blank = graph.add('Expand', np.zeros(1, np.float32), length)
        self.bias = graph.add('Add', window, graph.add('Concat', self.cache_bias, blank, axis=0))
        self.distance = graph.add('Clip', away, np.int64(0), np.int64(config.memory - 1))

    def heads(self, x):
        """[T, W] -> [1, H, T, D]."""
        config = self.config
        parts = self.graph.add('Reshape', x, np.array([1, -1, config.heads, config.head_width]))
        return self.graph.add('Transpose', parts, perm=[0, 2, 1, 3])

    def layer(self, block, x, cached, is_last):
        """New rows of the residual stream, of the last layer only the one read out; and the new keys and values [1, H, T, D]."""
        graph, config, width = self.graph, self.config, self.config.width
        weight, bias, distance = array(block.qkv.weight), self.bias, self.distance
        if is_last:
            key, value = self.split_columns(graph.linear(x, weight[width:]), width, width)
            x, bias, distance = (graph.add('Gather', part, self.read, axis=0) for part in (x, bias, distance))
            query = graph.linear(x, weight[:width])
        else:
            query, key, value = self.split_columns(graph.linear(x, weight), width, width, width)
        key, value = self.heads(key), self.heads(value)
        mixed = self.attend_relative(block, self.heads(query), cached, (key, value), (bias, distance))
        x = self.add_and_normalise(x, graph.linear(mixed, array(block.out.weight)), block.norm1)
        up, gate = self.split_columns(graph.linear(x, array(block.up.weight), array(block.up.bias)), config.feed_forward, config.feed_forward)
        gated = graph.add('Mul', up, graph.add('Gelu', gate))
        down = graph.linear(gated, array(block.down.weight), array(block.down.bias))
        return self.add_and_normalise(x, down, block.norm2), key, value

    def attend_relative(self, block, query, cached, new, where):
        """query [1, H, N, D], cached keys and values [1, H, S, D], new ones [1, H, T, D], bias and distance [N, S + T] -> [N, W]."""
        graph, config, (bias, distance) = self.graph, self.config, where
        scale = config.head_width**-0.5
        content_query = graph.add('Add', query, array(self.model.content_bias)[:, None])
        parts = [graph.add('FusedMatMul', content_query, keys, domain=MICROSOFT, transB=1, alpha=scale) for keys in (cached[0], new[0])]
        distance_keys = block.distance_keys(sinusoids(torch.arange(config.memory), config.width)) * scale   # [H, M, D]
        position_query = graph.add('Add', query, array(self.model.position_bias)[:, None])
        by_distance = graph.add('MatMul', position_query, array(distance_keys.transpose(1, 2)))
        index = graph.add('Expand', distance, graph.add('Concat', np.array([1, config.heads]), graph.add('Shape', distance), axis=0))
        relative = graph.add('GatherElements', by_distance, index, axis=3)
        scores = graph.add('Add', graph.add('Add', graph.add('Concat', *parts, axis=3), relative), bias)
        weights = graph.add('Softmax', scores, axis=-1)
        self.attended.append((weights, query))
        old = graph.add('Slice', weights, np.array([0]), self.cached, np.array([3]))
        fresh = graph.add('Slice', weights, self.cached, np.array([2**31]), np.array([3]))
        mixed = graph.add('Add', graph.add('MatMul', old, cached[1]), graph.add('MatMul', fresh, new[1]))
        return graph.add('Reshape', graph.add('Transpose', mixed, perm=[0, 2, 1, 3]), np.array([-1, config.width]))

    def add_and_normalise(self, x, skip, norm):
        """PostNorm: the sum is normalised, and nothing else goes on."""
        return self.graph.add('LayerNormalization', self.graph.add('Add', x, skip), array(norm.weight), array(norm.bias), epsilon=NORM_EPSILON)
