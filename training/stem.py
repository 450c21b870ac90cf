"""The patch embedding: a residual block per 16x16 patch, and the positions of patches."""
import math

import torch
from torch import nn
from torch.nn import functional as F

from layers import NORM_EPSILON, Linear

PATCH_POSITIONS = 128  # Gato quantises the row and column of a patch to this many values.


class PatchStem(nn.Module):
    """One ResNet v2 block (GroupNorm, GELU) per patch: [N, 3 size^2] in [-0.25, 0.25], HWC -> [N, W].

    `full` convolves at full resolution, as Gato does. `stride4` first reduces 4 times (8x8, stride 4),
    and then applies each convolution as one dense matrix: on so small a grid that is the fastest form.
    `linear` is no block but one linear map of the pixels, to compare with.
    """

    def __init__(self, config):
        super().__init__()
        self.size, channels, self.groups = config.patch_size, config.stem_channels, config.stem_groups
        self.linear, self.dense = config.stem == 'linear', config.stem == 'stride4'
        if self.linear:
            self.leave = Linear(3 * self.size**2, config.width)
            return
        self.stride, self.enter_kernel = (4, 8) if self.dense else (1, 3)
        self.grid = self.size // self.stride
        self.enter = nn.Parameter(torch.empty(channels, 3, self.enter_kernel, self.enter_kernel))
        self.conv1 = nn.Parameter(torch.empty(channels, channels, 3, 3))
        self.conv2 = nn.Parameter(torch.empty(channels, channels, 3, 3))
        self.norm1, self.norm2 = nn.GroupNorm(self.groups, channels), nn.GroupNorm(self.groups, channels)
        self.leave = Linear(self.grid * self.grid * channels, config.width)
        if self.dense:
            self.register_buffer('enter_taps', taps(self.size, 8, 4, 2), persistent=False)
            self.register_buffer('inner_taps', taps(self.grid, 3, 1, 1), persistent=False)

    def forward(self, patches):
        if self.linear:
            return self.leave(patches)
        x = self.convolve(patches, self.enter)              # [N, C grid^2], channel major
        y = self.convolve(self.activate(self.norm1, x), self.conv1)
        y = self.convolve(self.activate(self.norm2, y), self.conv2)
        return self.leave(x + y)                            # [N, W]

    def convolve(self, x, weight):
        first = weight is self.enter
        if self.dense:
            return F.linear(x, self.matrix(weight).to(x.dtype))
        image = x.view(-1, self.size, self.size, 3).permute(0, 3, 1, 2) if first else x.view(len(x), -1, self.grid, self.grid)
        return F.conv2d(image, weight.to(x.dtype), padding=1).flatten(1)

    def matrix(self, weight):
        """The convolution as a matrix [C grid^2, inputs]; inputs are HWC for the entering one, channel major for the others."""
        outputs, inputs = weight.shape[:2]
        first = weight is self.enter
        index = self.enter_taps if first else self.inner_taps   # [out cells, in cells]
        padded = F.pad(weight.flatten(2), (0, 1))               # the last tap is the zero outside the kernel
        spread = padded[:, :, index]                            # [out, in, out cells, in cells]
        order = (0, 2, 3, 1) if first else (0, 2, 1, 3)
        return spread.permute(order).reshape(outputs * index.shape[0], inputs * index.shape[1])

    def activate(self, norm, x):
        grouped = x.view(len(x), norm.num_channels, -1)
        normal = F.group_norm(grouped, self.groups, norm.weight.to(x.dtype), norm.bias.to(x.dtype), NORM_EPSILON)
        return F.gelu(normal).flatten(1)


def taps(size, kernel, stride, padding):
    """Kernel tap [out cells, in cells] by which a convolution joins two cells; kernel^2 where it does not."""
    cells = size // stride
    out, into = torch.arange(cells) * stride - padding, torch.arange(size)
    offset = into[None, :] - out[:, None]                       # [out, in] along one axis
    offset = torch.where((offset >= 0) & (offset < kernel), offset, -1)
    row, column = offset[:, None, :, None], offset[None, :, None, :]
    tap = torch.where((row >= 0) & (column >= 0), row * kernel + column, kernel * kernel)
    return tap.reshape(cells * cells, size * size)


def patch_intervals(grids):
    """Low (inclusive) and high (exclusive) quantised position of every patch: [patches, 2 (row, column)] each."""
    edge = lambda part, count: math.floor(part / count * PATCH_POSITIONS + 0.5)
    pairs = [((edge(row, rows), edge(column, columns)), (edge(row + 1, rows), edge(column + 1, columns)))
             for rows, columns in grids for row in range(rows) for column in range(columns)]
    low, high = torch.tensor(pairs, dtype=torch.long).view(-1, 2, 2).unbind(1)
    return low, high


def patch_positions(grids):
    """Rounded mean of each interval, used outside training: [patches, 2]."""
    low, high = patch_intervals(grids)
    return ((low + high + 1) // 2).clamp(max=PATCH_POSITIONS - 1)


def random_patch_positions(grids):
    """A uniformly random index inside each interval, used in training: [patches, 2]."""
    low, high = patch_intervals(grids)
    return low + (torch.rand(low.shape) * (high - low)).long()
