"""The two graphs of a policy, built by hand.

`embed`: text ids, patches and state ids to embeddings. `trunk`: the transformer over new rows, beside a
read-only ring of earlier keys and values; it gives logits after the row of the highest position, and the
new rows' keys and values for the caller to store. The cache is never concatenated nor returned. Of a model
with parallel action tokens `embed` appends the queries, and `trunk` gives logits after the separator and each
query: the last rows.
"""
import numpy as np

from layers import NORM_EPSILON
from onnx_graph import MICROSOFT, Graph

HIDDEN = -1e9
ATTENTION_OPSET = 23  # The first with the operator Attention.
# Numbers among the cached keys of a layer from which copying keys and values takes longer than the eight more nodes that need no copy.
LARGE_CACHE = 16_384


def array(tensor):
    return tensor.detach().float().numpy()


def build_embed(model, spec, precision, data=None):
    """text int64 [words], state int64 [values] (raw ids), patches float32 [N, 3 size^2] -> embeddings float32 [P, W], or [P + Q, W] with queries."""
    config, graph = model.config, Graph('embed', precision, data)
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
    parts.append(graph.add('Add', state_rows(graph, model, spec, state), local[first_state:-1]))
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


def state_rows(graph, model, spec, state):
    """Raw state ids [values] -> a row for each, or for each modality where the layout is packed."""
    config = model.config
    rows = graph.add('Sub', state, np.int64(spec.codec.text_vocabulary))
    values = graph.table(rows, array(model.table)[config.vocabulary:config.vocabulary + config.bins], 'bins')
    if config.layout == 'exact':
        return values
    return graph.add('MatMul', packing(config), graph.add('Mul', values, array(model.slot_gate)))


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


def memory_of(config):
    """The entries "context" and "state" of policy.json; a ring of whole steps needs no "state"."""
    return {'context': {'steps': config.steps, 'ringPositions': config.steps * config.step_positions}}


def build_trunk(model, spec, precision, data=None):
    return TrunkBuilder(model, spec, precision, data).build()


class TrunkBuilder:
    """The transformer over T new rows beside S cached positions. Activations [T, W]; queries [1, K, G T, D]: the G heads of a key are rows."""

    def __init__(self, model, spec, precision, data=None):
        self.model, self.config, self.spec = model, model.config, spec
        self.graph = Graph('trunk', precision, data)
        cached = self.config.steps * self.config.step_positions * self.config.kv_heads * self.config.head_width
        self.is_cache_large = cached >= LARGE_CACHE
        # int8 is for processors, which have the operator.
        self.is_fused = precision == 'int8' and (self.is_cache_large or self.config.kv_heads < self.config.heads)
        if self.is_fused:
            self.graph.opset = ATTENTION_OPSET

    def new_rows(self):
        """The inputs every trunk has: embeddings [Te, W] and raw action ids [Tt], whose names it returns, and positions [T]."""
        graph = self.graph
        embeddings = graph.input('embeddings', 'float', ['Te', self.config.width])
        tokens = graph.input('tokens', 'int64', ['Tt'])
        self.positions = graph.input('positions', 'int64', ['T'])
        return embeddings, tokens

    def cached_rows(self):
        """The inputs of a ring of S slots: its bias [S], and the key and the value [1, K, S, D] of each layer, which it returns."""
        graph, config = self.graph, self.config
        # One input per layer: to split a whole cache would copy it in every run.
        shape = [1, config.kv_heads, 'S', config.head_width]
        cached = [[graph.input(f'{kind}_cache_{layer}', 'float', shape) for kind in ('key', 'value')] for layer in range(config.layers)]
        self.cache_bias = graph.input('cache_bias', 'float', ['S'])
        return cached

    def build(self):
        graph, config = self.graph, self.config
        embeddings, tokens = self.new_rows()
        cached = self.cached_rows()
        bins = array(self.model.table)[config.vocabulary:config.vocabulary + config.bins]
        rows = graph.add('Sub', tokens, np.int64(self.spec.codec.text_vocabulary))
        x = graph.add('Concat', embeddings, graph.table(rows, bins, 'bins'), axis=0)
        self.prepare()
        new_keys, new_values, self.attended = [], [], []
        skip = None
        for index, block in enumerate(self.model.blocks):
            x, normal = self.normalise(x, skip, block.norm1)
            x, skip, key, value = self.block(block, x, normal, cached[index], index == config.layers - 1)
            new_keys.append(key)
            new_values.append(value)
        _, hidden = self.normalise(x, skip, self.model.norm)
        graph.output('logits', self.read_out(hidden, bins), 'float', [config.actions, config.bins] if config.parallel else [config.bins])
        graph.output('kv', graph.add('Concat', *new_keys, *new_values, axis=0), 'float', [2 * config.layers, config.kv_heads, 'T', config.head_width])
        self.add_attention()
        return graph

    def add_attention(self):
        """An addition to the graph, for who wants to look: `attention` [S + T], what the rows read out attended to, as the mean over layers and heads."""
        graph, config = self.graph.addition('attention'), self.config
        group, means = config.heads // config.kv_heads, []
        for weights, query, *keys in self.attended:
            rows = weights or query
            if len(means) < config.layers - 1:
                rows = graph.add('Reshape', rows, np.array([config.kv_heads, group, -1, 0]))
                rows = graph.add('Gather', rows, self.read, axis=2)
            if weights is None:
                query = graph.add('Reshape', rows, np.array([1, config.kv_heads, -1, config.head_width]))
                rows = self.weigh(graph, query, keys, self.read_bias)
            means.append(graph.add('ReduceMean', rows, np.array([0, 1, 2]), keepdims=0))
        graph.output('attention', graph.add('Mean', *means), 'float', ['N'])

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
        self.query_bias = self.per_query(self.bias)
        self.lengths = graph.add('Concat', self.cached, length, axis=0)
        if self.is_fused and self.is_cache_large:
            self.is_one_row = graph.add('Squeeze', graph.add('Equal', length, np.array([1])), np.array([0]))

    def per_query(self, bias):
        """[T, N] -> [G T, N]: the rows again for each of the G heads that share keys."""
        graph, group = self.graph, self.config.heads // self.config.kv_heads
        if group == 1:
            return bias
        return graph.add('Concat', *[bias] * group, axis=0)

    def normalise(self, x, skip, norm):
        """The residual stream x (+ skip), and its normalised rows. SkipLayerNormalization takes nine times as long on a processor."""
        total = x if skip is None else self.graph.add('Add', x, skip)
        return total, self.graph.add('LayerNormalization', total, array(norm.weight), array(norm.bias), epsilon=NORM_EPSILON)

    def block(self, block, x, normal, cached, is_last):
        graph, config = self.graph, self.config
        heads, kv_heads, head = config.heads, config.kv_heads, config.head_width
        weights = [array(block.query.weight), array(block.key_value.weight)]
        if is_last:
            key, value = self.split_heads(graph.linear(normal, weights[1]), kv_heads, kv_heads)
            key = self.rotate(key, self.cosine, self.sine, self.span)
            x, normal, bias = (graph.add('Gather', part, self.read, axis=0) for part in (x, normal, self.bias))
            angles = [graph.add('Gather', part, self.read, axis=0) for part in (self.cosine, self.sine)]
            count = config.actions if config.parallel else 1
            query = self.rotate(self.by_head(graph.linear(normal, weights[0]), heads), *angles, np.arange(count)[None])
            bias = self.read_bias = self.per_query(bias)
        else:
            rotated, value = self.split_heads(graph.linear(normal, np.concatenate(weights)), heads + kv_heads, kv_heads)
            rotated = self.rotate(rotated, self.cosine, self.sine, self.span)
            query, key = graph.add('Split', rotated, np.array([heads, kv_heads]), outputs=2, axis=1)
            bias = self.query_bias
        if kv_heads < heads:
            query = graph.add('Reshape', query, np.array([1, kv_heads, -1, head]))
        mixed = (self.attend_fused if self.is_fused and not is_last else self.attend)(query, cached, (key, value), bias)
        if kv_heads < heads:
            mixed = graph.add('Reshape', mixed, np.array([1, heads, -1, head]))
        mixed = graph.add('Reshape', graph.add('Transpose', mixed, perm=[0, 2, 1, 3]), np.array([-1, heads * head]))
        x, feed = self.normalise(x, graph.linear(mixed, array(block.out.weight)), block.norm2)
        gate, up = self.split_columns(graph.linear(feed, array(block.up.weight)), config.feed_forward, config.feed_forward)
        gate = graph.add('Gelu' if config.activation == 'geglu' else 'Relu', gate)
        down = graph.linear(graph.add('Mul', gate, up), array(block.down.weight))
        return x, down, key, value

    def split_columns(self, x, *widths):
        return self.graph.add('Split', x, np.array(widths), outputs=len(widths), axis=1)

    def by_head(self, x, count):
        """[T, count D] -> [1, count, T, D]."""
        parts = self.graph.add('Reshape', x, np.array([1, -1, count, self.config.head_width]))
        return self.graph.add('Transpose', parts, perm=[0, 2, 1, 3])

    def split_heads(self, x, *counts):
        """Columns of several kinds of heads, each by head. All are turned at once: of a run for one token, small nodes are a fifth."""
        return self.graph.add('Split', self.by_head(x, sum(counts)), np.array(counts), outputs=len(counts), axis=1)

    def rotate(self, x, cosine, sine, span):
        """Rotary embedding of [1, heads, T, D] by the angles of the positions."""
        return self.graph.add('RotaryEmbedding', x, span, cosine, sine, domain=MICROSOFT)

    def attend(self, query, cached, new, bias):
        """query [1, K, Q, D], cached keys and values [1, K, S, D], new ones [1, K, T, D], bias [Q, S + T] -> [1, K, Q, D]. The cache is only read."""
        weights = self.weigh(self.graph, query, (cached[0], new[0]), bias)
        self.attended.append((weights, query))
        return self.mix(weights, cached[1], new[1])

    def mix(self, weights, cached, new):
        """[1, K, Q, D] of weights [1, K, Q, S + T], cached values [1, K, S, D] and new ones [1, K, T, D]."""
        old, fresh = self.graph.add('Split', weights, self.lengths, outputs=2, axis=3)
        return self.graph.add('Add', self.graph.add('MatMul', old, cached), self.graph.add('MatMul', fresh, new))

    def weigh(self, graph, query, keys, bias):
        """What a query [1, K, Q, D] makes of cached keys and of new ones, [1, K, Q, S + T]."""
        scale = self.config.head_width**-0.5
        scores = [graph.add('FusedMatMul', query, part, domain=MICROSOFT, transB=1, alpha=scale) for part in keys]
        return graph.add('Softmax', graph.add('Add', graph.add('Concat', *scores, axis=3), bias), axis=-1)

    def attend_fused(self, query, cached, new, bias):
        """As `attend`, in one node, which copies the cache. For one row that copy is most of the work: of a large cache it is spared."""
        graph, scale = self.graph, self.config.head_width**-0.5
        self.attended.append((None, query, cached[0], new[0]))
        fuse = lambda: graph.add('Attention', query, *new, bias, *cached, outputs=3, scale=scale)[0]
        if not self.is_cache_large:
            return fuse()
        multiply = lambda: self.mix(self.weigh(graph, query, (cached[0], new[0]), bias), cached[1], new[1])
        return graph.choose(self.is_one_row, multiply, fuse)

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
