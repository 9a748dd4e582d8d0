# The image of the control plane: web, lifecycle, flows, desk, recorder, beat, flower. Kernels have another.
# Built from the project's top folder by `docker compose build web`; plain Dockerfile syntax, so that the
# classic builder serves as well. compose/site/: certificates and pip.conf of a closed network.

ARG BASE_IMAGE=debian:bookworm-slim

FROM ${BASE_IMAGE} AS python
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3 ca-certificates tzdata \
 && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/*.log \
 && groupadd --gid 10000 husk \
 && useradd --uid 10000 --gid 10000 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin husk \
 # A new named volume takes this over with its owner.
 && mkdir -m 0700 /data && chown 10000:10000 /data \
 # No program may make its caller someone else.
 && find / -xdev -type f -perm /6000 -exec chmod ug-s {} +

FROM python AS builder
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3-venv
# Nothing of this stage but what is copied from it below reaches the image: neither index nor pip.conf.
COPY compose/site/ /build/site/
RUN cat /etc/ssl/certs/ca-certificates.crt $(find /build/site -name '*.crt' | sort) \
  | awk 'BEGIN { RS = "-----END CERTIFICATE-----" } sub(/^.*-----BEGIN CERTIFICATE-----/, "-----BEGIN CERTIFICATE-----") && !seen[$0]++ { print $0 RS }' \
  > /build/ca-certificates.crt \
 && python3 -m venv /build/pip \
 && python3 -m venv --without-pip /opt/husk/venv
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_TRUSTED_HOST
ARG PIP_DEFAULT_TIMEOUT=60
ENV PIP_CERT=/build/ca-certificates.crt PIP_CONFIG_FILE=/build/site/pip.conf \
    PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_COMPILE=1 PIP_PROGRESS_BAR=off \
    NODE_EXTRA_CA_CERTS=/build/ca-certificates.crt
COPY compose/requirements/control.txt compose/requirements/pages.txt /build/
RUN /build/pip/bin/pip --python /opt/husk/venv/bin/python install --require-hashes --no-deps --only-binary=:all: \
    -r /build/control.txt

# The pages: those of web/frontend/dist where they are as their sources say, else built here.
ARG NPM_CONFIG_REGISTRY
WORKDIR /build/code
COPY broker_config/ broker_config/
COPY tasks/ tasks/
COPY web/ web/
COPY pyproject.toml uv.lock README.md ./
RUN if [ -f web/frontend/package.json ] && ! /opt/husk/venv/bin/python -c "import sys; from web.stack import frontend_build as b; sys.exit(not b.is_built())"; then \
      # A folder of an earlier layer cannot be renamed, which the build would do.
      rm -rf web/frontend/dist && python3 -m venv /build/node \
      && /build/node/bin/pip install --require-hashes --no-deps --only-binary=:all: -r /build/pages.txt \
      && PATH="/build/node/bin:$PATH" HUSK_PYTHON=/opt/husk/venv/bin/python /opt/husk/venv/bin/python -m web.stack.frontend_build --strict; \
    fi
# What the flavours of the kernels' image hold, for locks: where a wheel has it, too.
COPY compose/requirements/ tasks/runtimes/kernel_image/requirements/
RUN mkdir -p /opt/husk/code/web \
 && cp -r broker_config tasks /opt/husk/code/ \
 && find web -mindepth 1 -maxdepth 1 ! -name frontend -exec cp -r {} /opt/husk/code/web/ \; \
 && if [ -d web/frontend/dist ]; then mkdir /opt/husk/code/web/frontend && cp -r web/frontend/dist /opt/husk/code/web/frontend/; fi \
 && echo /opt/husk/code > $(echo /opt/husk/venv/lib/python3*/site-packages)/husk.pth \
 && version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml) \
 && about=$(echo /opt/husk/venv/lib/python3*/site-packages)/husk-$version.dist-info \
 && mkdir $about && printf 'Metadata-Version: 2.1\nName: husk\nVersion: %s\n' $version > $about/METADATA \
 && printf '#!/opt/husk/venv/bin/python -I\nfrom web.cli import main\nmain()\n' > /opt/husk/venv/bin/husk \
 && chmod 0755 /opt/husk/venv/bin/husk \
 # Compiled by content, not by time: copied files may get another time, and nobody can write here later.
 && python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/husk \
 && chmod -R u=rwX,go=rX /opt/husk

FROM python
COPY --from=builder /build/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=builder /opt/husk/ /opt/husk/
ENV PATH=/opt/husk/venv/bin:/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 PYTHONUNBUFFERED=1 PYTHONSAFEPATH=1 HUSK_DATA_DIR=/data \
    HUSK_MODE=deployed
USER 10000:10000
WORKDIR /
CMD ["python", "-m", "web.stack.deployed"]
