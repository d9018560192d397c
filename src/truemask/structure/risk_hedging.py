"""How far a mixture of two imperfect labels is from the truth: Li et al., ICCV 2017, arXiv:1703.02391.

Proposition 1 there: of a given label and a teacher's prediction whose errors have nothing to do with each
other, a mixture is nearer to the truth than either. Risks are mean squared distances of distributions over
classes.
"""

import numpy as np
from jaxtyping import Float64


def mixed_risk(
    label_weight: Float64[np.ndarray, "*n"] | float,
    label_risk: Float64[np.ndarray, "*n"] | float,
    teacher_risk: Float64[np.ndarray, "*n"] | float,
    covariance: Float64[np.ndarray, "*n"] | float = 0.0,
) -> Float64[np.ndarray, "*n"] | float:
    """Risk of label_weight * label + (1 - label_weight) * teacher.

    Args:
        label_weight: of the given label, in [0, 1]. (In talks on the paper the training objective has it the
            other way round, and then the rule does harm.)
        label_risk: mean squared distance of given labels to the truth; 2 times the share of wrong ones.
        teacher_risk: that of the teacher's predictions.
        covariance: mean inner product of the two errors; 0 where they have nothing to do with each other.
    """
    own, other = label_weight, 1 - label_weight
    return own**2 * label_risk + other**2 * teacher_risk + 2 * own * other * covariance


def best_label_weight(
    label_risk: Float64[np.ndarray, "*n"],
    teacher_risk: Float64[np.ndarray, "*n"],
    covariance: Float64[np.ndarray, "*n"],
) -> Float64[np.ndarray, "*n"]:
    """The weight of the given label with the least risk, in [0, 1]; 1/2 where neither ever errs."""
    apart = label_risk + teacher_risk - 2 * covariance
    excess = teacher_risk - covariance
    weight = np.divide(excess, apart, out=np.full_like(apart, 0.5), where=apart > 0)
    return np.asarray(weight.clip(0, 1))


def label_errors(
    disagreement: Float64[np.ndarray, "*n"],
    teacher_risk: Float64[np.ndarray, "*n"],
    doubt: Float64[np.ndarray, "*n"],
    num_classes: int,
) -> tuple[Float64[np.ndarray, "*n"], Float64[np.ndarray, "*n"]]:
    """Risk of the given labels, and its covariance with the teacher's, though no unit has both labels.

    The mean squared distance of label and teacher is label risk + teacher risk - 2 covariances. Where a share
    r of labels is wrong, and goes to any other class alike, the label risk is 2 r, and the covariance r *
    doubt * K / (K - 1): a teacher that doubts the true class leans, in part, to where the label went. That
    leaves r.

    Args:
        disagreement: mean squared distance of given labels and the teacher's predictions.
        teacher_risk: mean squared distance of its predictions to verified labels.
        doubt: 1 - its mean probability of verified labels.
        num_classes: K.
    """
    leaning = (doubt * num_classes / (num_classes - 1)).clip(0, 0.99)
    wrong = ((disagreement - teacher_risk) / (2 * (1 - leaning))).clip(0, 1)
    return 2 * wrong, wrong * leaning
