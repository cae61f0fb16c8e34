"""Where articles come in and readers come by: HTTP, and nothing else."""
