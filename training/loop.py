"""The training loop: time- or step-limited, resumable, extensible by hooks."""
import json
import math
import random
import signal
import threading
import time
from dataclasses import asdict
from pathlib import Path

import torch
import torch.distributed as distributed
from torch.nn.parallel import DistributedDataParallel

import checkpoint
from batches import Augmentation, Sampler
from data import find_datasets, load_dataset, model_config, to_rows
from families import build_model
from learner import Learner
from processes import device_of, joined
from pieces import UNKNOWN_ID
from tokens import PADDING_ID, encode_state
from transfer import carried_ids, carry_rows, names_of, share_unmet_rows, words_of
from wordings import read_wordings


NAMED_WORDS = 30  # Of new ones, in the log.


class Hooks:
    """What a caller may do during training; every method may be overridden."""

    def on_log(self, trainer, record):
        """After each progress line; `record` is the dict appended to loss.jsonl."""

    def on_export(self, trainer, folder):
        """After a policy was written."""

    def on_step(self, trainer):
        """After each optimiser step; may call trainer.add_dataset(path) or trainer.stop()."""


class Trainer:
    def __init__(self, options, hooks=None, log=print):
        self.options, self.hooks = options, hooks or Hooks()
        self.rank = distributed.get_rank() if distributed.is_initialized() else 0
        self.world = distributed.get_world_size() if distributed.is_initialized() else 1
        self.log = log if self.rank == 0 else (lambda *_: None)
        self.step, self.samples, self.elapsed, self.stopping = 0, 0, 0.0, False
        self.known = set()
        self.carried = []  # Text ids that the run this one started from had met.
        self.out = Path(options.out)
        self.device = device_of(options.device)
        self.checkpoint_path = self.out / 'checkpoint.pt'
        if options.threads:
            torch.set_num_threads(options.threads)
        torch.manual_seed(options.seed + self.rank)
        random.seed(options.seed)
        state = checkpoint.load(self.checkpoint_path) if options.resume else None
        self.load_data(state)
        self.build(state)

    # ------------------------------------------------------------ set-up

    def load_data(self, state):
        options = self.options
        config = model_config(options.spec, options.family, **options.shape)
        self.sampler = Sampler(config, options.seed + 1000 * self.rank, options.weights, options.holdout, options.privileged,
                               read_wordings(options.wordings, options.spec) if options.wordings else None)
        if state:
            self.sampler.privileged_names = state['sampler']['privileged_names']
            self.sampler.mean, self.sampler.deviation = state['sampler']['mean'], state['sampler']['deviation']
        for path in options.data:
            self.add_dataset(path)
        self.rescan()
        zero = encode_state(options.spec, *[[[0.0] * options.spec.joints]] * 3)[0]
        self.augmentation = Augmentation(config, to_rows(options.spec, zero), options, options.seed + 1000 * self.rank, self.device,
                                         self.sampler.text_ids())

    def add_dataset(self, path):
        """Adds one dataset directory; every process decodes for itself only what no other has cached."""
        path = Path(path)
        if path.resolve() in self.known:
            return
        if self.world > 1 and self.rank > 0:
            distributed.barrier()
        frame_set = load_dataset(path, self.options.spec, log=self.log, episodes=self.options.episodes.get(path.name, 0))
        if self.world > 1 and self.rank == 0:
            distributed.barrier()
        self.sampler.add(frame_set)
        self.known.add(path.resolve())
        clipped = ' '.join(f'{share:.3f}' for share in frame_set.clipped)
        self.log(f'data {path.name}: {frame_set.frames} frames, tasks {frame_set.tasks}, share of saturated actions per joint {clipped}')

    def rescan(self):
        for path in find_datasets(self.options.watch):
            if path.resolve() not in self.known:
                self.add_dataset(path)

    def build(self, state):
        options = self.options
        shape = dict(options.shape, privileged=len(self.sampler.privileged_names or []))
        self.config = model_config(options.spec, options.family, **shape)
        if state and type(self.config)(**state['config']) != self.config:
            raise ValueError(f'the checkpoint was trained with {state["config"]}, asked for {self.config.to_dict()}; pass the same shape and layout')
        self.model = build_model(self.config, options.seed)
        if options.init_from and not state:
            self.initialise_from(options.init_from)
        self.model.to(self.device)
        self.average = checkpoint.Average(self.model, options.average)
        self.learner = Learner(self.model, options.loss, torch.bfloat16 if options.bf16 else torch.float32)
        if options.compile:
            self.model.hidden = torch.compile(self.model.hidden)
        self.learner.to(self.device)
        self.forward = DistributedDataParallel(self.learner) if self.world > 1 else self.learner
        plain = [weight for weight in self.model.parameters() if weight.ndim < 2]
        decayed = [weight for weight in self.model.parameters() if weight.ndim >= 2]
        self.optimiser = torch.optim.AdamW([{'params': decayed, 'weight_decay': options.weight_decay},
                                            {'params': plain, 'weight_decay': 0.0}],
                                           lr=options.rate, betas=(0.9, 0.95), fused=True)
        if state:
            self.restore(state)
        count = sum(weight.numel() for weight in self.model.parameters())
        self.log(f'model: {count / 1e6:.2f} M weights, {self.config.step_positions} positions per step, {self.sampler.frames} training frames')

    def initialise_from(self, path):
        """Takes the averaged weights of another run, rows of the token table by their meaning; heads of another shape keep their fresh values."""
        from export import load_averaged  # onnx is needed only there.
        source, state = load_averaged(path)
        weights, own = source.state_dict(), self.model.state_dict()
        table, fresh = carry_rows(weights['table'], source.config, words_of(path, state), own['table'], self.config, names := names_of(self.options.spec))
        weights['table'] = table
        if fresh:
            self.log(f'new words: {", ".join(fresh[:NAMED_WORDS])}' + (f' and {len(fresh) - NAMED_WORDS} more' if len(fresh) > NAMED_WORDS else ''))
        self.carried = carried_ids(table, names, set(fresh))
        fitting = {name: value for name, value in weights.items() if name in own and own[name].shape == value.shape}
        self.model.load_state_dict(fitting, strict=False)
        left = sorted(set(own) - set(fitting))
        self.log(f'initialised from {path}' + (f'; kept fresh: {", ".join(left)}' if left else ''))

    # ------------------------------------------------------------ state

    def snapshot(self):
        return {
            'model': self.model.state_dict(), 'average': self.average.weights, 'optimiser': self.optimiser.state_dict(),
            'config': self.config.to_dict(), 'policy': self.described(), 'step': self.step, 'samples': self.samples,
            'elapsed': self.elapsed, 'torch_random': torch.get_rng_state(), 'augmentation': self.augmentation.state_dict(),
            'sampler': {'random': self.sampler.random.bit_generator.state, 'privileged_names': self.sampler.privileged_names,
                        'mean': self.sampler.mean, 'deviation': self.sampler.deviation},
            'carried': self.carried, 'data': sorted(str(path) for path in self.known), 'loss': asdict(self.options.loss),
        }

    def restore(self, state):
        self.model.load_state_dict(state['model'])
        for name, value in state['average'].items():
            self.average.weights[name].copy_(value)
        self.optimiser.load_state_dict(state['optimiser'])
        self.step, self.samples, self.elapsed = state['step'], state['samples'], state['elapsed']
        self.carried = state.get('carried', [])
        if self.rank == 0:
            torch.set_rng_state(state['torch_random'])
            self.augmentation.load_state_dict(state['augmentation'])
            self.sampler.random.bit_generator.state = state['sampler']['random']
        self.log(f'resumed at step {self.step}, {self.elapsed / 60:.1f} minutes in')

    def save(self):
        if self.rank == 0:
            checkpoint.save(self.checkpoint_path, self.snapshot())

    # ------------------------------------------------------------ steps

    def progress(self):
        """Share of the budget used, in [0, 1]; of two budgets the one that ends first."""
        options = self.options
        shares = [self.step / options.steps] if options.steps else []
        shares += [self.elapsed / (60 * options.minutes)] if options.minutes else []
        return min(1.0, max(shares, default=0.0))

    def rate(self):
        options, progress = self.options, self.progress()
        if options.schedule == 'cosine':
            factor = 0.5 * (1 + math.cos(math.pi * progress))
        else:
            factor = min(1.0, (1 - progress) / options.decay)
        return options.rate * max(factor, 0.01) * min(1.0, (self.step + 1) / max(1, options.warmup))

    def take_step(self):
        for group in self.optimiser.param_groups:
            group['lr'] = self.rate()
        batch = self.augmentation(self.on_device(self.sampler.batch(self.options.batch)), self.learner.dtype)
        loss, parts = self.forward(batch)
        loss.backward()
        parts['gradient'] = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.options.clip)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.step += 1
        self.samples += self.options.batch * self.world
        self.average.update(self.model, self.step)
        return parts

    @torch.no_grad()
    def validate(self, size=256):
        """Loss parts of the averaged weights on held-out frames; None without them."""
        batch = self.sampler.held_out_batch(size)
        if batch is None:
            return None
        own = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.model.load_state_dict(self.average.weights)
        self.learner.eval()
        with torch.compiler.set_stance('force_eager'):
            parts = self.learner(self.augmentation(self.on_device(batch), self.learner.dtype, train=False), train=False)[1]
        self.learner.train()
        self.model.load_state_dict(own)
        return parts

    def on_device(self, batch):
        return {name: value.to(self.device, non_blocking=True) for name, value in batch.items()}

    def radians(self, bins):
        """Mean errors per joint from bins to rad."""
        spec = self.options.spec
        return [float(error) * (action.high_rad - action.low_rad) / spec.codec.bins for error, action in zip(bins, spec.actions)]

    def stop(self):
        """Ends training after the running step."""
        self.stopping = True

    # ------------------------------------------------------------ the loop

    def run(self):
        """Trains until the budget is used or stop() is called; saves, exports and returns itself."""
        previous = {number: signal.signal(number, lambda *_: self.stop()) for number in (signal.SIGINT, signal.SIGTERM)} \
            if threading.current_thread() is threading.main_thread() else {}
        try:
            self.loop()
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
        self.save()
        if self.options.export_dir:
            self.export()
        return self

    def loop(self):
        options = self.options
        used, clock = self.used_s(), time.monotonic()
        last = clock
        due = {'save': clock + 60 * options.save_every, 'watch': clock + 60 * options.watch_every,
               'export': self.elapsed + 60 * options.export_every if options.export_every else math.inf, 'log': clock}
        logged = self.samples
        while self.progress() < 1 and not self.agreed_stop():
            parts = self.take_step()
            now, now_used = time.monotonic(), self.used_s()
            self.elapsed, used = self.elapsed + now_used - used, now_used
            if now >= due['log'] or self.progress() >= 1:
                self.write_progress(parts, (self.samples - logged) / max(now - last, 1e-9))
                due['log'], logged, last = now + options.log_every, self.samples, time.monotonic()
            self.hooks.on_step(self)
            if now >= due['save']:
                self.save()
                due['save'] = now + 60 * options.save_every
            if now >= due['watch'] and options.watch and self.world == 1:
                self.rescan()
                due['watch'] = now + 60 * options.watch_every
            # In minutes of the budget: what a policy has learned by then does not depend on what else the machine does.
            if self.elapsed >= due['export'] and options.export_dir:
                self.export()
                due['export'] = self.elapsed + 60 * options.export_every

    def used_s(self):
        """What the budget of minutes counts, s; only differences mean anything."""
        counts_processor = self.options.cpu_time and self.device.type == 'cpu'
        return time.process_time() / torch.get_num_threads() if counts_processor else time.monotonic()

    def agreed_stop(self):
        """All processes must leave the loop at the same step, or the others wait for ever."""
        if self.world == 1:
            return self.stopping
        flag = torch.tensor([float(self.stopping), self.elapsed], device=self.device)
        distributed.all_reduce(flag, op=distributed.ReduceOp.MAX)
        self.elapsed = float(flag[1])
        return flag[0] > 0

    def write_progress(self, parts, speed):
        if self.rank:
            return
        held = self.validate()
        record = {'step': self.step, 'samples': self.samples, 'minutes': round(self.elapsed / 60, 3), 'rate': self.rate(),
                  'samplesPerSecond': round(speed, 1), 'loss': float(parts['action']), 'gradient': float(parts['gradient']),
                  'errorRad': self.radians(parts['error'])}
        if 'privileged' in parts:
            record['privileged'] = float(parts['privileged'])
        if held:
            record.update(heldOutLoss=float(held['action']), heldOutErrorRad=self.radians(held['error']))
        self.out.mkdir(parents=True, exist_ok=True)
        with open(self.out / 'loss.jsonl', 'a', encoding='utf-8') as file:
            file.write(json.dumps(record) + '\n')
        error = ' '.join(f'{value:.4f}' for value in record.get('heldOutErrorRad', record['errorRad']))
        progress = self.progress()
        left = self.elapsed / progress * (1 - progress) / 60 if progress > 0 else math.nan
        self.log(f'step {self.step} loss {record["loss"]:.3f} held-out {record.get("heldOutLoss", math.nan):.3f} '
                 f'privileged {record.get("privileged", math.nan):.3f} | {speed:.0f} samples/s | rad {error} | {left:.1f} min left')
        self.hooks.on_log(self, record)

    def export(self):
        if self.rank:
            return
        from export import export_policy  # onnx is needed only here.
        from plot import draw
        folder = export_policy(self.averaged_model(), self.described(), self.options.export_dir, self.options.precisions,
                               {'step': self.step, 'samples': self.samples, 'minutes': round(self.elapsed / 60, 2)})
        draw(self.out)
        self.log(f'exported step {self.step} to {folder}')
        self.hooks.on_export(self, folder)

    def averaged_model(self):
        """A copy in evaluation mode with the averaged weights."""
        model = build_model(self.config)
        model.load_state_dict(self.average.weights)
        if self.options.spec.vocabulary is not None:
            share_unmet_rows(model.table.data, self.trained_ids(), self.config.vocabulary)
        return model.eval()

    def trained_ids(self):
        """Text ids that this run and the one it started from have met, sorted; the rows of all others say nothing."""
        return sorted({PADDING_ID, UNKNOWN_ID, *self.carried, *self.sampler.text_ids()})

    def described(self):
        """policy.json of what is exported."""
        policy = self.options.policy
        if self.options.spec.vocabulary is None:
            return policy
        tokens = policy['tokens']
        return {**policy, 'tokens': {**tokens, 'text': {**tokens['text'], 'trainedIds': self.trained_ids()}}}


def train(options, hooks=None, log=print):
    """Trains with one process, or with as many as torchrun started. Returns the Trainer."""
    with joined(options.device):
        return Trainer(options, hooks, log).run()
