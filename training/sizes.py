"""Transformer shapes from 1M parameters to Gato's largest (arXiv 2205.06175, appendix C.1), as data.

`feed_forward` is the width the paper prints: what the first map of the feed-forward block gives. GEGLU halves it: of its
columns one half gates the other, so ModelConfig.feed_forward, the width of a half, is half as much. Read so, and with the
relative positions of TransformerXL (one width^2 map per layer), the table gives 77M, 362M and 1.18B, as the paper says; read
as the width of a half it would give 106M. Here rotary positions take the place of relative ones.
"""
from model import ModelConfig

GATO_STEM = {'stem': 'full', 'stem_channels': 64, 'stem_groups': 32}
SMALL_STEM = {'stem': 'stride4', 'stem_channels': 32, 'stem_groups': 4}
SIZES = {
    '1M': {'layers': 4, 'width': 128, 'heads': 4, 'head_width': 32, 'feed_forward': 512, 'vocabulary': 1000, **SMALL_STEM},
    '10M': {'layers': 6, 'width': 384, 'heads': 6, 'head_width': 64, 'feed_forward': 1536, 'vocabulary': 2000, **SMALL_STEM},
    '79M': {'layers': 8, 'width': 768, 'heads': 24, 'head_width': 32, 'feed_forward': 3072, 'vocabulary': 32000, **GATO_STEM},
    '364M': {'layers': 12, 'width': 1536, 'heads': 12, 'head_width': 128, 'feed_forward': 6144, 'vocabulary': 32000, **GATO_STEM},
    '1.18B': {'layers': 24, 'width': 2048, 'heads': 16, 'head_width': 128, 'feed_forward': 8192, 'vocabulary': 32000, **GATO_STEM},
}


def shape_of(size, kv_heads=None):
    """Options of data.model_config for a size, and the words its vocabulary has; kv_heads None is full attention."""
    row = dict(SIZES[size])
    words = row.pop('vocabulary')
    row['feed_forward'] //= 2
    return {**row, 'kv_heads': kv_heads or row['heads'], 'activation': 'geglu'}, words


def parameters_of(config: ModelConfig):
    """Parameters of a model without building it."""
    head = config.head_width
    block = config.width * (2 * config.heads * head + 2 * config.kv_heads * head + 3 * config.feed_forward + 4)
    channels, size = config.stem_channels, config.patch_size
    if config.stem == 'linear':
        stem = 3 * size**2 * config.width + config.width
    else:
        kernel, grid = (3, size) if config.stem == 'full' else (8, size // 4)
        stem = channels * (3 * kernel**2 + 2 * 9 * channels + 4) + (grid**2 * channels + 1) * config.width
    queries = config.action_positions if config.parallel else 0
    rows = config.rows + 2 * 128 + config.observation_positions + config.state_values + 2 * config.actions + queries + 2
    return config.layers * block + stem + rows * config.width + config.privileged * (config.width + 1)
