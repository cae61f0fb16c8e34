"""Images as files: kept by what is in them, decoded in processes of their own."""
