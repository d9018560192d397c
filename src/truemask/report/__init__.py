"""Results and findings as tables, figures and pages. Reads what is on disk; never trains."""
