#!/bin/sh
# Draws the secrets of a deployment into the folder `secrets` beside this script, and makes .env from
# .env.example. What is there already stays; run again, it adds what a newer release wants.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
# Only this folder's owner gets into it; the containers, whose users are others, get single files out of it.
chmod 0700 secrets

# 40 letters, 160 bits: some stores take no longer key.
draw() { [ -s "secrets/$1" ] || head -c 20 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"secrets/$1"; }
put() { [ -s "secrets/$1" ] || printf '%s' "$2" >"secrets/$1"; }
of() { cat "secrets/$1"; }
sha256() { sha256sum | cut -d ' ' -f 1; }

for name in husk_secret_key husk_s3_secret_key husk_flower_redis_password husk_metrics_token \
  redis_password postgres_password minio_root_password grafana_password; do
  draw "$name"
done
put minio_root_user husk-root
put husk_redis_url "redis://:$(of redis_password)@redis:6379/0"
put husk_database_url "postgresql://husk:$(of postgres_password)@postgres:5432/husk"
put redis_users "user default on #$(of redis_password | tr -d '\n' | sha256) ~* &* +@all
"
chmod 0444 secrets/*

[ -f .env ] || cp .env.example .env
# By it lifecycle knows what on the engine is its own; it is made of the secret key (tasks/runtimes/instance.py).
instance=$(printf 'instance:%s' "$(of husk_secret_key)" | sha256 | cut -c 1-12)
grep -q "^INSTANCE=$instance\$" .env || {
  grep -v '^INSTANCE=' .env >.env.new || :
  printf 'INSTANCE=%s\n' "$instance" >>.env.new
  mv .env.new .env
}
echo "secrets are in $(pwd)/secrets; keep a copy where the backups are. Settings: $(pwd)/.env"
