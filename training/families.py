"""The families of policies that can be trained and exported, by the name that policy.json has for them."""
from db1 import Db1, Db1Config
from model import Gato, ModelConfig
from retnet import RetNet, RetNetConfig

# Name: class of the shape, class of the model.
MODELS = {'gato': (ModelConfig, Gato), 'db1': (Db1Config, Db1), 'retnet': (RetNetConfig, RetNet)}

# Of each family the entries of its shape that are free. Others follow from these, or do not exist.
COMMON = ['width', 'layers', 'heads', 'stem_channels', 'stem_groups', 'dropout', 'token_table']
OPTIONS = {
    'gato': [*COMMON, 'kv_heads', 'head_width', 'feed_forward', 'activation', 'stem', 'action_tokens'],
    'db1': [*COMMON, 'memory'],
    'retnet': [*COMMON, 'head_width', 'feed_forward', 'stem'],
}


def config_class(family):
    """Raises ValueError for a family that is unknown."""
    if family not in MODELS:
        raise ValueError(f'family "{family}" is unknown; choose one of {", ".join(MODELS)}')
    return MODELS[family][0]


def family_of(config):
    """Name of the family of a shape."""
    return next(name for name, (shape, _) in MODELS.items() if type(config) is shape)


def build_model(config, seed=0):
    """A fresh model of the family that the shape belongs to."""
    return MODELS[family_of(config)][1](config, seed)


def restore_model(state):
    """Model in evaluation mode with the averaged weights of a loaded checkpoint or weights.pt."""
    family = state.get('family') or state.get('policy', {}).get('family', 'gato')
    model = build_model(config_class(family)(**state['config']))
    model.load_state_dict(state['average'])
    return model.eval()
