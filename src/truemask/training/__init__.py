"""The engine: stages, streams, stores, sweeps; the only place that steps an optimiser."""

from truemask.data.predictions import Found as Found
from truemask.data.predictions import Prediction as Prediction
from truemask.training.plan import Plan as Plan
from truemask.training.plan import default_plan as default_plan
from truemask.training.run import Recipe as Recipe
from truemask.training.run import train as train
from truemask.training.scoring import headline as headline
from truemask.training.scoring import score as score
from truemask.training.trained import Trained as Trained
from truemask.training.trained import load_run as load_run
