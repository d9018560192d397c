"""Speed and memory, side by side with what else there is; results with machine and date."""
