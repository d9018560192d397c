"""What is predicted about a data set's images, from files of any origin."""

from truemask.data.predictions.open import open_predictions
from truemask.data.predictions.prediction import Found, Prediction
from truemask.data.predictions.stored import StoredPredictions

__all__ = ["Found", "Prediction", "StoredPredictions", "open_predictions"]
