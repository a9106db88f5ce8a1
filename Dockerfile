# Two stages: what builds is not what runs. Pin the digest in your own fork if you want the same
# bytes for ever: docker buildx imagetools inspect python:3.12-slim
FROM python:3.12-slim AS packages

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
COPY requirements.txt requirements-otel.txt ./
# requirements-otel.txt brings OpenTelemetry along: docker build --build-arg REQUIREMENTS=…
ARG REQUIREMENTS=requirements.txt
# Hashes are checked, as these files have them for every package.
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --require-hashes --only-binary :all: -r "$REQUIREMENTS"

FROM python:3.12-slim

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PORT=8000 \
    WEB_CONCURRENCY=2
# Two workers, unless the platform says otherwise: counted, the cores would be the host's.
# A number, so that Kubernetes' runAsNonRoot can tell.
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin gateway
COPY --from=packages /opt/venv /opt/venv
WORKDIR /srv
COPY config.py config_fields.py config_reading.py config_rules.py gunicorn.conf.py wsgi.py ./
COPY app ./app
COPY infra ./infra
# Compiled once, here, and not at each start.
RUN python -m compileall -q .
USER 10001

EXPOSE 8000
# The process alone: a store that is down must not restart every replica (docs/deploy.md).
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/healthz\", timeout=2)"]

# No shell in between: SIGTERM reaches gunicorn, which lets requests end. The worker is the same
# image with the command `flask events --metrics-port 9090`.
CMD ["gunicorn", "wsgi:app"]
