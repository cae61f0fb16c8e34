"""Where articles are rendered and pushed out: Celery, and nothing else."""
