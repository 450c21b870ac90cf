"""The two graphs of a policy, built by hand.

`embed`: text ids, patches and state ids to embeddings. `trunk`: the transformer over new rows, beside a
read-only ring of earlier keys and values; it gives logits after the row of the highest position, and the
new rows' keys and values for the caller to store. The cache is never concatenated nor returned. Of a model
with parallel action tokens `embed` appends the queries, and `trunk` gives logits after the separator and each
query: the last rows.
"""
import numpy as np
from onnx import helper

from layers import NORM_EPSILON
from onnx_graph import MICROSOFT, Graph

HIDDEN = -1e9


def array(tensor):
    return tensor.detach().float().numpy()


def build_embed(model, spec, precision):
    """text int64 [words], state int64 [values] (raw ids), patches float32 [N, 3 size^2] -> embeddings float32 [P, W], or [P + Q, W] with queries."""
    config, graph = model.config, Graph('embed', precision)
    text = graph.input('text', 'int64', [config.text_positions])
    state = graph.input('state', 'int64', [config.state_values])
    patches = graph.input('patches', 'float', [config.patches, 3 * config.patch_size**2])
    local = array(model.local_positions)
    first_state = config.text_positions + config.patches
    table = array(model.table)
    words = graph.add('Add', text_table(graph, text, table[:config.vocabulary]), local[:config.text_positions])
    parts = [words]
    if config.patches:
        where = model.fixed_patch_positions
        place = array(model.row_positions[where[:, 0]] + model.column_positions[where[:, 1]])
        parts.append(graph.add('Add', build_stem(graph, model.stem, patches), place + local[config.text_positions:first_state]))
    rows = graph.add('Sub', state, np.int64(spec.codec.text_vocabulary))
    values = graph.table(rows, table[config.vocabulary:config.vocabulary + config.bins], 'bins')
    if config.layout == 'packed':
        values = graph.add('MatMul', packing(config), graph.add('Mul', values, array(model.slot_gate)))
    parts.append(graph.add('Add', values, local[first_state:-1]))
    parts.append(graph.constant(table[-1:] + local[-1:], 'separator'))
    if config.parallel:
        parts.append(graph.constant(array(model.action_queries), 'queries'))
    embeddings = graph.add('Concat', *parts, axis=0)
    rows = config.step_positions if config.parallel else config.observation_positions
    graph.output('embeddings', embeddings, 'float', [rows, config.width])
    return graph


def text_table(graph, text, table):
    """Rows of the text ids. Of a large vocabulary most are alike, those that training never met: each is kept once."""
    rows, row_of = np.unique(table, axis=0, return_inverse=True)
    if 2 * len(rows) > len(table):
        return graph.table(text, table, 'words')
    return graph.table(graph.add('Gather', row_of.ravel().astype(np.int32), text), rows, 'words')


def packing(config):
    """[modalities, values]: sums each modality's values, scaled to keep the variance of one."""
    matrix, first = np.zeros((len(config.state_widths), config.state_values), np.float32), 0
    for row, width in enumerate(config.state_widths):
        matrix[row, first:first + width] = width**-0.5
        first += width
    return matrix


def build_stem(graph, stem, patches):
    def convolve(x, weight, is_first):
        if stem.dense:
            return graph.linear(x, array(stem.matrix(weight)), hint='stem')
        if is_first:
            image = graph.add('Transpose', graph.add('Reshape', x, np.array([-1, stem.size, stem.size, 3])), perm=[0, 3, 1, 2])
        else:
            image = graph.add('Reshape', x, np.array([0, -1, stem.grid, stem.grid]))
        out = graph.add('Conv', image, array(weight), pads=[1, 1, 1, 1])
        return graph.add('Reshape', out, np.array([0, -1]))

    def activate(norm, x):
        cells = stem.grid**2
        grouped = graph.add('Reshape', x, np.array([0, stem.groups, -1]))
        size = norm.num_channels * cells // stem.groups
        normal = graph.add('LayerNormalization', grouped, np.ones(size, np.float32), np.zeros(size, np.float32), epsilon=NORM_EPSILON)
        flat = graph.add('Reshape', normal, np.array([0, -1]))
        scaled = graph.add('Mul', flat, np.repeat(array(norm.weight), cells))
        return graph.add('Gelu', graph.add('Add', scaled, np.repeat(array(norm.bias), cells)))

    if stem.linear:
        return graph.linear(patches, array(stem.leave.weight), array(stem.leave.bias), 'stem')
    x = convolve(patches, stem.enter, True)
    y = convolve(activate(stem.norm1, x), stem.conv1, False)
    y = convolve(activate(stem.norm2, y), stem.conv2, False)
    return graph.linear(graph.add('Add', x, y), array(stem.leave.weight), array(stem.leave.bias), 'stem')


class TrunkBuilder:
    """The transformer over T new rows beside S cached positions. 2-D activations [T, W]; heads as [K, G T, D]."""

    def __init__(self, model, spec, precision):
        self.model, self.config, self.spec = model, model.config, spec
        self.graph = Graph('trunk', precision)

    def build(self):
        graph, config = self.graph, self.config
        shape = [config.layers, config.kv_heads, 'S', config.head_width]
        embeddings = graph.input('embeddings', 'float', ['Te', config.width])
        tokens = graph.input('tokens', 'int64', ['Tt'])
        self.positions = graph.input('positions', 'int64', ['T'])
        key_cache, value_cache = graph.input('key_cache', 'float', shape), graph.input('value_cache', 'float', shape)
        self.cache_bias = graph.input('cache_bias', 'float', ['S'])
        bins = array(self.model.table)[config.vocabulary:config.vocabulary + config.bins]
        rows = graph.add('Sub', tokens, np.int64(self.spec.codec.text_vocabulary))
        x = graph.add('Concat', embeddings, graph.table(rows, bins, 'bins'), axis=0)
        self.prepare()
        keys, values = self.split_layers(key_cache), self.split_layers(value_cache)
        new_keys, new_values = [], []
        skip = None
        for index, block in enumerate(self.model.blocks):
            x, normal = self.normalise(x, skip, block.norm1)
            x, skip, key, value = self.block(block, x, normal, keys[index], values[index], index == config.layers - 1)
            new_keys.append(key)
            new_values.append(value)
        _, hidden = self.normalise(x, skip, self.model.norm)
        graph.output('logits', self.read_out(hidden, bins), 'float', [config.actions, config.bins] if config.parallel else [config.bins])
        graph.output('kv', graph.add('Concat', *new_keys, *new_values, axis=0), 'float', [2 * config.layers, config.kv_heads, 'T', config.head_width])
        return graph

    def split_layers(self, cache):
        config = self.config
        parts = self.graph.add('Split', cache, outputs=config.layers, axis=0, num_outputs=config.layers)
        parts = [parts] if config.layers == 1 else parts
        return [self.graph.add('Squeeze', part, np.array([0])) for part in parts]

    def prepare(self):
        """What all layers share: the rows to read out, rotary angles, the bias [T, S + T], the cache length."""
        graph, config = self.graph, self.config
        frequency = config.rope_base ** (-np.arange(0, config.head_width, 2) / config.head_width)
        column = graph.add('Unsqueeze', graph.add('Cast', self.positions, to=1), np.array([1]))
        angle = graph.add('Mul', column, frequency.astype(np.float32))
        self.cosine, self.sine = graph.add('Cos', angle), graph.add('Sin', angle)
        length = graph.add('Shape', self.positions)
        span = graph.add('Range', np.int64(0), graph.add('Squeeze', length, np.array([0])), np.int64(1))
        self.span = graph.add('Unsqueeze', span, np.array([0]))
        if config.parallel:
            self.read = graph.add('Slice', span, np.array([-config.actions]), np.array([2**31]))
        else:
            self.read = graph.add('ArgMax', self.positions, axis=0, keepdims=1)
        # By position and not by row: new action tokens may stand after later observations in the row order.
        row, across = (graph.add('Unsqueeze', self.positions, np.array([axis])) for axis in (1, 0))
        visible = graph.add('LessOrEqual', across, row)
        fresh = graph.add('Where', visible, np.float32(0), np.float32(HIDDEN))
        self.cached = graph.add('Shape', self.cache_bias)
        cached = graph.add('Expand', self.cache_bias, graph.add('Concat', length, self.cached, axis=0))
        self.bias = graph.add('Concat', cached, fresh, axis=1)

    def normalise(self, x, skip, norm):
        """The residual stream x (+ skip), and its normalised rows."""
        weight, bias = array(norm.weight), array(norm.bias)
        if skip is None:
            return x, self.graph.add('LayerNormalization', x, weight, bias, epsilon=NORM_EPSILON)
        names = [self.graph.constant(weight), self.graph.constant(bias)]
        normal, total = self.graph.fresh('normal'), self.graph.fresh('sum')
        self.graph.nodes.append(skip_norm_node(x, skip, names, normal, total))
        return total, normal

    def block(self, block, x, normal, key_cache, value_cache, is_last):
        graph, config = self.graph, self.config
        heads, kv_heads, head = config.heads, config.kv_heads, config.head_width
        weights = [array(block.query.weight), array(block.key_value.weight)]
        if is_last:
            rotated, value = self.split_columns(graph.linear(normal, weights[1]), kv_heads * head)
            key = self.rotate(rotated, self.cosine, self.sine, self.span)
            x, normal, bias = (graph.add('Gather', part, self.read, axis=0) for part in (x, normal, self.bias))
            angles = [graph.add('Gather', part, self.read, axis=0) for part in (self.cosine, self.sine)]
            count = config.actions if config.parallel else 1
            query = self.rotate(graph.linear(normal, weights[0]), *angles, np.arange(count)[None])
        else:
            rotated, value = self.split_columns(graph.linear(normal, np.concatenate(weights)), (heads + kv_heads) * head)
            query, key = self.split_columns(self.rotate(rotated, self.cosine, self.sine, self.span), heads * head)
            bias = self.bias
        query = graph.add('Transpose', graph.add('Reshape', query, np.array([-1, kv_heads, heads // kv_heads, head])), perm=[1, 2, 0, 3])
        query = graph.add('Reshape', query, np.array([kv_heads, -1, head]))
        key, value = (graph.add('Transpose', graph.add('Reshape', part, np.array([-1, kv_heads, head])), perm=[1, 0, 2]) for part in (key, value))
        mixed = self.attend(query, (key_cache, value_cache), (key, value), bias)
        x, feed = self.normalise(x, graph.linear(mixed, array(block.out.weight)), block.norm2)
        gate, up = self.split_columns(graph.linear(feed, array(block.up.weight)), config.feed_forward)
        gate = graph.add('Gelu' if config.activation == 'geglu' else 'Relu', gate)
        down = graph.linear(graph.add('Mul', gate, up), array(block.down.weight))
        return x, down, graph.add('Unsqueeze', key, np.array([0])), graph.add('Unsqueeze', value, np.array([0]))

    def split_columns(self, x, first):
        """Columns [0, first) and the rest."""
        left = self.graph.add('Slice', x, np.array([0]), np.array([first]), np.array([1]))
        return left, self.graph.add('Slice', x, np.array([first]), np.array([2**31]), np.array([1]))

    def rotate(self, x, cosine, sine, span):
        """Rotary embedding of rows [T, heads D] by the angles of their positions."""
        graph = self.graph
        rows = graph.add('Unsqueeze', x, np.array([0]))
        return graph.add('Squeeze', graph.add('RotaryEmbedding', rows, span, cosine, sine, domain=MICROSOFT), np.array([0]))

    def attend(self, query, cached, new, bias):
        """query [K, G T, D], cached keys and values [K, S, D], new ones [K, N, D], bias [T, S + N] -> [T, H D]."""
        graph, config = self.graph, self.config
        kv_heads, group, head = config.kv_heads, config.heads // config.kv_heads, config.head_width
        scores = [graph.add('FusedMatMul', query, keys, domain=MICROSOFT, transB=1, alpha=head**-0.5) for keys in (cached[0], new[0])]
        scores = graph.add('Concat', *scores, axis=2)
        shape = graph.add('Concat', np.array([kv_heads, group]), graph.add('Shape', bias), axis=0)
        weights = graph.add('Softmax', graph.add('Add', graph.add('Reshape', scores, shape), bias), axis=-1)
        flat = graph.add('Reshape', weights, graph.add('Shape', scores))
        old = graph.add('Slice', flat, np.array([0]), self.cached, np.array([2]))
        fresh = graph.add('Slice', flat, self.cached, np.array([2**31]), np.array([2]))
        mixed = graph.add('Add', graph.add('MatMul', old, cached[1]), graph.add('MatMul', fresh, new[1]))
        mixed = graph.add('Transpose', graph.add('Reshape', mixed, np.array([kv_heads, group, -1, head])), perm=[2, 0, 1, 3])
        return graph.add('Reshape', mixed, np.array([-1, config.heads * head]))

    def read_out(self, hidden, bins):
        """Logits of the action slot that follows the last position; of all slots when they are read in parallel."""
        graph, config = self.graph, self.config
        if config.parallel:
            shaped = graph.add('Add', graph.add('Mul', hidden, array(self.model.action_gate)), array(self.model.action_shift))
            return graph.linear(shaped, bins, hint='logits')
        position = graph.add('Gather', self.positions, self.read, axis=0)
        local = graph.add('Mod', position, np.array([config.step_positions]))
        slot = graph.add('Sub', local, np.array([config.observation_positions - 1]))
        slot = graph.add('Clip', slot, np.int64(0), np.int64(config.actions - 1))
        gate = graph.add('Gather', array(self.model.action_gate), slot, axis=0)
        shift = graph.add('Gather', array(self.model.action_shift), slot, axis=0)
        logits = graph.linear(graph.add('Add', graph.add('Mul', hidden, gate), shift), bins, hint='logits')
        return graph.add('Reshape', logits, np.array([config.bins]))


def skip_norm_node(x, skip, names, normal, total):
    return helper.make_node('SkipLayerNormalization', [x, skip, *names], [normal, '', '', total], domain=MICROSOFT, epsilon=NORM_EPSILON)
