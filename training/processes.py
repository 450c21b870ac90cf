"""One process or several: which device each has, and how they find each other."""
import os
from contextlib import contextmanager

import torch
import torch.distributed as distributed


def device_of(name):
    """The device of this process. Raises ValueError for a GPU that is not there."""
    if name == 'auto':
        name = 'cuda' if torch.cuda.is_available() else 'cpu'
    if name == 'cuda' and not torch.cuda.is_available():
        raise ValueError('--device cuda: PyTorch finds no GPU; install a build of it with CUDA, or use --device cpu')
    # torchrun starts one process per GPU of a machine.
    return torch.device(name, int(os.environ.get('LOCAL_RANK', 0))) if name == 'cuda' else torch.device(name)


@contextmanager
def joined(device_name):
    """Inside, the processes that torchrun started are a group; without torchrun there is none."""
    if 'RANK' not in os.environ or distributed.is_initialized():
        yield
        return
    device = device_of(device_name)
    if device.type == 'cuda':
        torch.cuda.set_device(device)
    distributed.init_process_group('nccl' if device.type == 'cuda' else 'gloo')
    try:
        yield
    finally:
        distributed.destroy_process_group()
