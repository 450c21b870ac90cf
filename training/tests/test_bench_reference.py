import torch
from bench_reference import CachedDecoder
from model import Gato, ModelConfig

SHAPE = dict(width=32, layers=2, heads=4, kv_heads=2, head_width=8, feed_forward=48, stem_channels=8, vocabulary=9, bins=64,
             text_positions=3, patch_grids=((2, 2),), state_widths=(3, 3), actions=3)


def test_the_cached_decoder_chooses_what_the_whole_sequence_predicts():
    for layout in ('packed', 'exact'):
        config = ModelConfig(layout=layout, **SHAPE)
        model = Gato(config, seed=4).eval()
        generator = torch.Generator().manual_seed(1)
        text = torch.randint(0, config.vocabulary, (config.text_positions,), generator=generator)
        state = torch.randint(0, config.bins, (config.state_values,), generator=generator) + config.vocabulary
        patches = torch.rand(config.patches, 3 * config.patch_size**2, generator=generator) / 2 - 0.25
        bins = CachedDecoder(Gato(config, seed=4)).decide(text, patches, state)
        batch = {'text': text[None, None], 'state': state[None, None], 'patches': patches[None, None],
                 'actions': torch.tensor(bins)[None, None] + config.vocabulary}
        with torch.inference_mode():
            logits, _ = model(batch)
        assert logits[0, 0].argmax(-1).tolist() == bins
