"""SeaweedFS as the embedded stack runs it, its S3 port open to other containers, in MinIO's place."""

import os

from broker_config.settings import get_settings
from web.stack import objects

settings = get_settings()
objects.write_config(settings)
argv = [*objects.command(settings), "-s3.ip.bind=0.0.0.0"]
os.execvp(argv[0], argv)  # noqa: S606
