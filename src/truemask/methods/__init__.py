"""Methods: how to learn in spite of wrong labels, one file a paper. METHODS is the table."""

from collections.abc import Mapping

from truemask.methods.active_passive import ActivePassive
from truemask.methods.adaptive_threshold import AdaptiveThreshold
from truemask.methods.autoregressive_clustering import AutoregressiveClustering
from truemask.methods.backward import Backward
from truemask.methods.bootstrap import BootstrapHard, BootstrapSoft, BootstrapTemperature
from truemask.methods.ce import CE
from truemask.methods.co_teaching import CoTeaching
from truemask.methods.colour_kmeans import ColourKMeans
from truemask.methods.confidence_penalty import ConfidencePenalty
from truemask.methods.dfc import DFC
from truemask.methods.dice import Dice
from truemask.methods.distillation import Distillation
from truemask.methods.dmi import DMI
from truemask.methods.dmi_iou import DMIIoU
from truemask.methods.dropout_reg import DropoutReg
from truemask.methods.elr import ELR
from truemask.methods.focal import Focal
from truemask.methods.forward import Forward
from truemask.methods.gce import GCE
from truemask.methods.glc import GLC
from truemask.methods.igtt import IGTT
from truemask.methods.igtt_classes import IGTTClasses
from truemask.methods.igtt_published import IGTTPublished, IGTTReleased
from truemask.methods.importance_reweighting import ImportanceReweighting
from truemask.methods.joint_optimization import JointOptimization
from truemask.methods.knobs import Knob, read_knobs
from truemask.methods.knobs import knobs_of as knobs_of_class
from truemask.methods.label_refinery import LabelRefinery
from truemask.methods.label_smoothing import LabelSmoothing
from truemask.methods.lncis import LNCIS
from truemask.methods.mae import MAE
from truemask.methods.method import Method
from truemask.methods.min_entropy import MinEntropy
from truemask.methods.multibox import MultiboxHard, MultiboxSoft
from truemask.methods.noise_adaptation import NoiseAdaptation
from truemask.methods.noise_layer import NoiseLayer
from truemask.methods.noise_layer_trusted import NoiseLayerTrusted
from truemask.methods.otsu import Otsu
from truemask.methods.pretrain_autoencoder import PretrainAutoencoder
from truemask.methods.pu_elkan_noto import ElkanNoto
from truemask.methods.pu_losses import BootstrapU, ExponentialU, WeightedU
from truemask.methods.pu_nonnegative import NNPU
from truemask.methods.rce import RCE
from truemask.methods.reconstruction import Reconstruction
from truemask.methods.sce import SCE
from truemask.methods.soft_iou import SoftIoU
from truemask.methods.t_loss import TLoss
from truemask.methods.truncated_gce import TruncatedGCE
from truemask.types import BadInput

METHODS: Mapping[str, type[Method]] = {
    "ac": AutoregressiveClustering,
    "active_passive": ActivePassive,
    "adaptive_threshold": AdaptiveThreshold,
    "backward": Backward,
    "bootstrap_hard": BootstrapHard,
    "bootstrap_soft": BootstrapSoft,
    "bootstrap_temperature": BootstrapTemperature,
    "ce": CE,
    "co_teaching": CoTeaching,
    "confidence_penalty": ConfidencePenalty,
    "dfc": DFC,
    "dice": Dice,
    "distillation": Distillation,
    "dmi": DMI,
    "dmi_iou": DMIIoU,
    "dropout_reg": DropoutReg,
    "elr": ELR,
    "focal": Focal,
    "forward": Forward,
    "gce": GCE,
    "glc": GLC,
    "igtt": IGTT,
    "igtt_classes": IGTTClasses,
    "igtt_published": IGTTPublished,
    "igtt_released": IGTTReleased,
    "importance_reweighting": ImportanceReweighting,
    "joint_optimization": JointOptimization,
    "kmeans": ColourKMeans,
    "label_refinery": LabelRefinery,
    "label_smoothing": LabelSmoothing,
    "lncis": LNCIS,
    "mae": MAE,
    "min_entropy": MinEntropy,
    "multibox_hard": MultiboxHard,
    "multibox_soft": MultiboxSoft,
    "noise_adaptation": NoiseAdaptation,
    "noise_layer": NoiseLayer,
    "noise_layer_trusted": NoiseLayerTrusted,
    "otsu": Otsu,
    "pretrain_autoencoder": PretrainAutoencoder,
    "pu_bootstrap": BootstrapU,
    "pu_elkan_noto": ElkanNoto,
    "pu_exponential": ExponentialU,
    "pu_nonnegative": NNPU,
    "pu_weighted": WeightedU,
    "rce": RCE,
    "reconstruction": Reconstruction,
    "sce": SCE,
    "soft_iou": SoftIoU,
    "t_loss": TLoss,
    "truncated_gce": TruncatedGCE,
}


def make_method(name: str, knobs: Mapping[str, object] | None = None) -> Method:
    """The method of that name; knobs that are not given keep their defaults, text is read by their types.

    Raises:
        BadInput: no such method or knob, a value of the wrong type, or one out of range.
    """
    method = _look_up(name)
    return method(**read_knobs(name, method, knobs or {}))


def knobs_of(name: str) -> tuple[Knob, ...]:
    """Name, types, default and meaning of each knob of a method.

    Raises:
        BadInput: no such method.
    """
    return knobs_of_class(_look_up(name))


def _look_up(name: str) -> type[Method]:
    if name not in METHODS:
        raise BadInput(f"no method called {name!r}; there is: {', '.join(METHODS)}")
    return METHODS[name]
