"""The Celery worker inside a kernel: claims executions, relays their frames, holds the credentials."""
