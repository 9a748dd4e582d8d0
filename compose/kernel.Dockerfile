# The image of a kernel: init, agent and runner, each with what it needs and no more.
# Built from the project's top folder by `husk image build` or `docker compose build flowfile-kernel`;
# plain Dockerfile syntax, so that the classic builder serves as well. See docs/images.md.

ARG BASE_IMAGE=debian:bookworm-slim
# The wire contract inside, broker_config.wire.VERSION. The build fails where the code says another.
ARG WIRE=6

# What both following stages stand on, with Debian's security updates of that day.
# libgomp1: LightGBM's wheel, and others people install, link it.
FROM ${BASE_IMAGE} AS python
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get upgrade -y \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3 ca-certificates libgomp1 \
 && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/*.log /var/cache/debconf/*-old \
 && groupadd --gid 10001 agent && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /spool/agent --shell /usr/sbin/nologin agent \
 && groupadd --gid 10002 runner && useradd --uid 10002 --gid 10002 --no-create-home --home-dir /spool/runner --shell /usr/sbin/nologin runner \
 && rm -f /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow- \
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
 && python3 -m venv --without-pip /opt/husk/agent \
 && python3 -m venv --without-pip /opt/husk/runner
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_TRUSTED_HOST
ARG PIP_DEFAULT_TIMEOUT=60
ENV PIP_CERT=/build/ca-certificates.crt PIP_CONFIG_FILE=/build/site/pip.conf \
    PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_COMPILE=1 PIP_PROGRESS_BAR=off \
    PIP_ONLY_BINARY=:all: PIP_REQUIRE_HASHES=1 PIP_NO_DEPS=1
COPY compose/requirements/agent.txt /build/
RUN /build/pip/bin/pip --python /opt/husk/agent/bin/python install -r /build/agent.txt
ARG FLAVOUR=base
COPY compose/requirements/${FLAVOUR}.txt /build/
RUN /build/pip/bin/pip --python /opt/husk/runner/bin/python install -r /build/${FLAVOUR}.txt
# Compiled by content, not by time: copied files may get another time, and nobody can write here later.
# Packages' own tests and C headers are a tenth of the image.
RUN cd /opt/husk/runner/lib/python3*/site-packages \
 && find . -type d \( -name tests -o -path ./pyarrow/include \) -prune -exec rm -rf {} + \
 && python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/husk/agent/lib /opt/husk/runner/lib \
 && chmod -R u=rwX,go=rX /opt/husk
# What builders of environments install with, and the cache that only they may write.
COPY compose/requirements/uv.txt /build/
RUN /build/pip/bin/pip install --target /build/uv -r /build/uv.txt \
 && mkdir -p /opt/husk/uv/cache && cp /build/uv/bin/uv /opt/husk/uv/uv && chown 10003:10003 /opt/husk/uv/cache

ARG WIRE
COPY broker_config/ /build/code/broker_config/
COPY kernel_worker/ /build/code/kernel_worker/
RUN cd /build/code \
 && mkdir -p /opt/husk/code/agent/kernel_worker /opt/husk/code/runner/kernel_worker /opt/husk/code/runner/broker_config \
 && cp -r broker_config /opt/husk/code/agent/ \
 # Settings are the control plane's: a kernel reads none.
 && rm -f /opt/husk/code/agent/broker_config/settings.py \
 && cp -r kernel_worker/__init__.py kernel_worker/agent kernel_worker/init /opt/husk/code/agent/kernel_worker/ \
 && cp -r kernel_worker/__init__.py kernel_worker/runner /opt/husk/code/runner/kernel_worker/ \
 && cp -r broker_config/__init__.py broker_config/wire /opt/husk/code/runner/broker_config/ \
 && python3 -m compileall -q --invalidation-mode unchecked-hash /opt/husk/code \
 && chmod -R u=rwX,go=rX /opt/husk/code \
 && for who in agent runner; do echo /opt/husk/code/$who > $(echo /opt/husk/$who/lib/python3*/site-packages)/husk.pth; done \
 && /opt/husk/runner/bin/python -I -c "from broker_config import wire; assert wire.VERSION == ${WIRE}, f'WIRE is ${WIRE}, the code says {wire.VERSION}'" \
 && mkdir -p /spool/agent /spool/runner /spool/shared && chmod 0700 /spool/* \
 && chown 10001:10001 /spool/agent && chown 10002:10002 /spool/runner /spool/shared

FROM python
COPY --from=builder /build/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=builder /opt/husk/agent/ /opt/husk/agent/
COPY --from=builder /opt/husk/runner/ /opt/husk/runner/
COPY --from=builder /opt/husk/uv/ /opt/husk/uv/
COPY --from=builder /opt/husk/code/ /opt/husk/code/
# A new named volume takes these over with their owners: init has no right to give folders away.
COPY --from=builder /spool/ /spool/
# Where an environment is filled and mounted; its volume takes over that nobody but a builder may write there.
RUN mkdir /opt/husk/environment && chown 10003:10003 /opt/husk/environment
ARG FLAVOUR=base
ARG WIRE
LABEL husk.wire="${WIRE}" husk.flavour="${FLAVOUR}" husk.version="0.1.0"
ENV LANG=C.UTF-8
WORKDIR /
ENTRYPOINT ["/opt/husk/agent/bin/python", "-I", "-m", "kernel_worker.init"]
