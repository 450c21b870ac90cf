"""What is minimised: cross entropy against softened bins, and a training-only regression of privileged state."""
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F


@dataclass(frozen=True)
class LossOptions:
    soft_sigma: float = 6.0            # bins; 0 = one-hot targets
    joint_weights: tuple = ()          # one factor per joint, empty = all 1
    privileged_weight: float = 0.1


def soft_targets(bins, sigma):
    """Row b: a Gaussian of deviation `sigma` bins around bin b, integrated over each bin (HL-Gauss, arXiv 2403.03950). [bins, bins]."""
    if sigma <= 0:
        return torch.eye(bins)
    edges = torch.arange(bins + 1, dtype=torch.float64) - 0.5
    centre = torch.arange(bins, dtype=torch.float64)[:, None]
    below = torch.special.ndtr((edges[None, :] - centre) / sigma)
    mass = below[:, 1:] - below[:, :-1]
    return (mass / mass.sum(1, keepdim=True)).float()


class Learner(nn.Module):
    """Model and loss in one module, so that DistributedDataParallel wraps a single forward."""

    def __init__(self, model, options, dtype=torch.bfloat16):
        super().__init__()
        self.model, self.options, self.dtype = model, options, dtype
        weights = torch.tensor(options.joint_weights or (1.0,) * model.config.joints).repeat(model.config.chunk_steps)
        self.register_buffer('joint_weights', weights / weights.mean(), persistent=False)
        self.register_buffer('targets', soft_targets(model.config.bins, options.soft_sigma), persistent=False)

    def forward(self, batch, train=True):
        """Loss (scalar) and a dict of detached parts: action, privileged, and `error` [joints], mean |expected - target| in bins of the first step."""
        config = self.model.config
        logits, privileged = self.model(batch, random_positions=train, dtype=self.dtype)
        logs = F.log_softmax(logits.float(), dim=-1)                    # [B, S, A, bins]
        goal = batch['actions'] - config.vocabulary                     # [B, S, A]
        per_token = -(self.targets[goal] * logs).sum(-1)
        action = (per_token * self.joint_weights).mean()
        parts = {'action': action.detach()}
        loss = action
        if privileged is not None:
            truth = batch['privileged']
            known = torch.isfinite(truth)
            miss = F.huber_loss(privileged.float(), torch.where(known, truth, 0.0), reduction='none') * known
            regression = miss.sum() / known.sum().clamp(min=1)
            loss = loss + self.options.privileged_weight * regression
            parts['privileged'] = regression.detach()
        with torch.no_grad():
            centre = torch.arange(config.bins, dtype=torch.float32, device=logs.device)
            error = (logs.detach().exp() @ centre - goal).abs().mean((0, 1))
            parts['error'] = error[:config.joints]
        return loss, parts
