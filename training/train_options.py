"""What a training run is told."""
from dataclasses import dataclass, field
from pathlib import Path

from learner import LossOptions
from tokens import LayoutSpec


@dataclass
class TrainOptions:
    out: Path
    policy: dict                          # policy.json without model, context and files
    data: list = field(default_factory=list)
    watch: list = field(default_factory=list)    # directories whose finished datasets are picked up as they appear
    watch_every: float = 2.0              # minutes
    weights: dict = field(default_factory=dict)
    episodes: dict = field(default_factory=dict)  # of a dataset, by directory name: only its first so many
    shape: dict = field(default_factory=dict)    # width, layers, ... of ModelConfig
    batch: int = 128
    minutes: float = 0.0                  # budget; 0 = none
    cpu_time: bool = False                # minutes are those of a core and thread, whatever else the machine does
    steps: int = 0                        # budget; 0 = none
    rate: float = 1e-3
    warmup: int = 300
    schedule: str = 'wsd'                 # wsd: constant, then linear decay over the last `decay`; or cosine
    decay: float = 0.3
    weight_decay: float = 0.02
    clip: float = 1.0
    average: float = 0.999                # decay of the moving average of the weights
    loss: LossOptions = field(default_factory=LossOptions)
    privileged: tuple = ('*',)            # patterns of the columns that are regressed
    pixel_noise: float = 1.0              # 0 = no pixel augmentation
    camera_noise: float = 0.0             # 0 = pictures stay where they are
    state_noise_bins: float = 1.5
    drop_modality: float = 0.05           # chance that velocities and efforts are hidden, each by itself
    wordings: str = ''                    # file of wordings.read_wordings; '' = as recorded
    word_dropout: float = 0.0             # largest share of an instruction's words that are hidden
    kept_words: tuple = ()                # never hidden: what tells things apart
    holdout: float = 0.02
    seed: int = 0
    bf16: bool = True
    compile: bool = False
    device: str = 'auto'                  # auto: a GPU where there is one
    threads: int = 0                      # 0 = PyTorch's own choice
    log_every: float = 10.0               # seconds
    save_every: float = 3.0               # minutes
    resume: bool = False
    init_from: str = ''
    export_dir: str = ''
    export_every: float = 0.0             # minutes; 0 = only at the end
    precisions: tuple = ('fp32', 'int8')

    def __post_init__(self):
        self.spec = LayoutSpec.from_json(self.policy['tokens'])
        self.family = self.policy.get('family', 'gato')
        self.droppable = [modality.name != 'positions' for modality in self.spec.state]
