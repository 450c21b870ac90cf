"""The trunk of a RetNet policy: new rows in the order of the sequence beside the state that the earlier ones left.

As retnet.py's `chunk`, for one sequence. Inputs of graphs.py; in place of a ring `state_retention_<layer>` [H, D, V],
and in place of new keys and values `next_retention_<layer>`: one per layer, so that none is split or joined. Rows of
action tokens come before those of embeddings: an action token that runs with an observation is the last one of the step
before. The embed graph is Gato's.
"""
import numpy as np

from graphs import TrunkBuilder, array, build_embed
from layers import NORM_EPSILON
from onnx_graph import MICROSOFT

__all__ = ['build_embed', 'build_trunk', 'memory_of', 'state_tensors']


def state_tensors(config):
    """Name and shape of each tensor that is remembered."""
    return [(f'retention_{layer}', [config.heads, config.head_width, config.value_width]) for layer in range(config.layers)]


def memory_of(config):
    """The entries "context" and "state" of policy.json. Its steps are those it was trained on; there is no window."""
    tensors = [{'name': name, 'shape': shape} for name, shape in state_tensors(config)]
    return {'context': {'steps': config.steps, 'ringPositions': 0}, 'state': {'kind': 'recurrent', 'tensors': tensors}}


def build_trunk(model, spec, precision, data=None):
    return RetNetTrunkBuilder(model, spec, precision, data).build()


class RetNetTrunkBuilder(TrunkBuilder):
    """2-D activations [T, W]; heads as [H, T, D] and [H, T, V]."""

    def build(self):
        graph, config = self.graph, self.config
        embeddings, tokens = self.new_rows()
        before = [graph.input(f'state_{name}', 'float', shape) for name, shape in state_tensors(config)]
        bins = array(self.model.table)[config.vocabulary:config.vocabulary + config.bins]
        rows = graph.add('Sub', tokens, np.int64(self.spec.codec.text_vocabulary))
        x = graph.add('Concat', graph.table(rows, bins, 'bins'), embeddings, axis=0)
        self.prepare()
        after, skip = [], None
        for index, block in enumerate(self.model.blocks):
            x, normal = self.normalise(x, skip, block.norm1)
            x, skip, state = self.layer(block, (x, normal), before[index], index == config.layers - 1)
            after.append(state)
        _, hidden = self.normalise(x, skip, self.model.norm)
        graph.output('logits', self.read_out(hidden, bins), 'float', [config.bins])
        for (name, shape), state in zip(state_tensors(config), after):
            graph.output(f'next_{name}', state, 'float', shape)
        return graph

    def prepare(self):
        """What all layers share: the row to read out, angles, decays, and how the state fades and turns behind this run."""
        graph, config = self.graph, self.config
        logs = config.log_decays().numpy().astype(np.float32)[:, None, None]
        count = graph.add('Squeeze', graph.add('Shape', self.positions), np.array([0]))
        length = graph.add('Cast', count, to=1)
        span = graph.add('Range', np.int64(0), count, np.int64(1))
        self.span = graph.add('Unsqueeze', span, np.array([0]))
        self.read = graph.add('Slice', span, np.array([-1]), np.array([2**31]))
        place = graph.add('Cast', span, to=1)
        column = graph.add('Unsqueeze', place, np.array([1]))                                # [T, 1]
        frequencies = config.frequencies().numpy().astype(np.float32)
        angle = graph.add('Mul', column, frequencies)
        self.cosine, self.sine = graph.add('Cos', angle), graph.add('Sin', angle)
        away = graph.add('Sub', column, graph.add('Unsqueeze', place, np.array([0])))        # [T, T]
        power = graph.add('Exp', graph.add('Mul', graph.add('Relu', away), logs))
        seen = graph.add('Cast', graph.add('GreaterOrEqual', away, np.float32(0)), to=1)
        self.decay = graph.add('Mul', power, seen)                                           # [H, T, T]
        self.since = graph.add('Exp', graph.add('Mul', column, logs))                        # [H, T, 1]
        self.until = graph.add('Exp', graph.add('Mul', graph.add('Sub', length, column), logs))
        self.whole = graph.add('Exp', graph.add('Mul', length, logs))                        # [H, 1, 1]
        half = config.head_width // 2
        turn = graph.add('Mul', length, np.tile(frequencies, 2)[:, None])                    # [D, 1]
        swap = np.block([[np.zeros((half, half)), np.eye(half)], [-np.eye(half), np.zeros((half, half))]])
        self.turn = graph.add('Add', graph.add('Mul', graph.add('Cos', turn), np.eye(2 * half, dtype=np.float32)),
                              graph.add('Mul', graph.add('Sin', turn), swap.astype(np.float32)))

    def rotate(self, x, cosine, sine, span):
        """Rotary embedding of rows [T, heads D] by the angles of their positions."""
        graph = self.graph
        rows = graph.add('Unsqueeze', x, np.array([0]))
        return graph.add('Squeeze', graph.add('RotaryEmbedding', rows, span, cosine, sine, domain=MICROSOFT), np.array([0]))

    def heads(self, x, width):
        """[T, H width] -> [H, T, width]."""
        return self.graph.add('Transpose', self.graph.add('Reshape', x, np.array([-1, self.config.heads, width])), perm=[1, 0, 2])

    def layer(self, block, rows, state, is_last):
        """New rows (sum, normalised) beside the state [H, D, V] -> the two parts of the next sum, and the next state."""
        graph, config, (x, normal) = self.graph, self.config, rows
        narrow, wide = config.heads * config.head_width, config.heads * config.value_width
        (query, gate), (key, value) = (np.split(array(layer.weight), [narrow]) for layer in (block.query_gate, block.key_value))
        key = key * np.repeat(config.key_scales().numpy(), config.head_width)[:, None]
        since, decay = self.since, self.decay
        if is_last:
            key, value = self.split_columns(graph.linear(normal, np.concatenate((key, value))), narrow, wide)
            key = self.rotate(key, self.cosine, self.sine, self.span)
            x, normal, *angles = (graph.add('Gather', part, self.read, axis=0) for part in (x, normal, self.cosine, self.sine))
            since, decay = (graph.add('Gather', part, self.read, axis=1) for part in (since, decay))
            query, gate = self.split_columns(graph.linear(normal, np.concatenate((query, gate))), narrow, wide)
            query = self.rotate(query, *angles, np.zeros((1, 1), np.int64))
        else:
            turned, gate, value = self.split_columns(graph.linear(normal, np.concatenate((query, key, gate, value))), 2 * narrow, wide, wide)
            query, key = self.split_columns(self.rotate(turned, self.cosine, self.sine, self.span), narrow, narrow)
        query, key = (self.heads(part, config.head_width) for part in (query, key))
        value = self.heads(value, config.value_width)
        scores = graph.add('FusedMatMul', query, key, domain=MICROSOFT, transB=1)
        scores = graph.add('Mul', scores, decay)
        remembered = graph.add('MatMul', graph.add('Mul', query, since), state)
        mixed = self.join(graph.add('Add', graph.add('MatMul', scores, value), remembered))
        gated = graph.add('Mul', mixed, graph.add('Mul', gate, graph.add('Sigmoid', gate)))
        gained = graph.add('FusedMatMul', graph.add('Mul', key, self.until), value, domain=MICROSOFT, transA=1)
        after = graph.add('MatMul', self.turn, graph.add('Add', graph.add('Mul', state, self.whole), gained))
        x, feed = self.normalise(x, graph.linear(gated, array(block.out.weight)), block.norm2)
        up = graph.add('Gelu', graph.linear(feed, array(block.up.weight)))
        return x, graph.linear(up, array(block.down.weight)), after

    def join(self, mixed):
        """The group norm of heads [H, N, V], joined to [N, H V]."""
        config = self.config
        apart = self.graph.add('Transpose', mixed, perm=[1, 0, 2])
        width = config.value_width
        normal = self.graph.add('LayerNormalization', apart, np.ones(width, np.float32), np.zeros(width, np.float32), epsilon=NORM_EPSILON)
        return self.graph.add('Reshape', normal, np.array([-1, config.heads * width]))
