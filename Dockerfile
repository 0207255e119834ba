# The image of relais: what ships (requirements/runtime.lock, checked by hash), not root, one volume, nothing else
# that must be writable, no capability, and the engine's default seccomp profile (documents and scans are read in a
# jail of Landlock and seccomp, which needs no namespaces).
#
#   docker build --tag relais .
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#       --env-file .env --volume relais:/data relais
#
# Keep the base image at the tag of the Python that the tests run on. Whoever builds for production pins it by its
# digest (`docker buildx imagetools inspect python:3.13-slim-trixie`), which changes with each security update and
# is recorded with the release: --build-arg BASE=python:3.13-slim-trixie@sha256:…
ARG BASE=python:3.13-slim-trixie

FROM ${BASE} AS build
WORKDIR /src
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never
# A base image or a mirror behind a private authority: add it to the system's and leave this on.
ENV UV_SYSTEM_CERTS=1

# Dependencies first: this layer is kept until a lock changes.
COPY requirements/tools.lock requirements/runtime.lock requirements/
RUN pip install --no-cache-dir --require-hashes --requirement requirements/tools.lock \
 && uv venv /opt/relais \
 && uv pip sync --python /opt/relais --require-hashes requirements/runtime.lock

COPY pyproject.toml README.md LICENSE ./
COPY bots bots
COPY connectors connectors
COPY core core
# Not editable; offline, since uv carries its build backend within itself.
RUN uv pip install --offline --python /opt/relais --no-deps .
COPY tools/notices.py tools/healthcheck.py tools/
RUN /opt/relais/bin/python tools/notices.py >/opt/relais/THIRD-PARTY-NOTICES \
 && cp LICENSE tools/healthcheck.py /opt/relais/


FROM ${BASE}
# The sandbox of documents, and the data with which scans are recognised within it; fonts of the scripts that the
# PDF compiler's own ones lack (Chinese, Thai, emoji …): without them a PDF says what it does not show.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
      libseccomp2 tesseract-ocr-fra tesseract-ocr-eng tesseract-ocr-osd \
      fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data relais \
 && install --directory --owner=relais --group=relais --mode=0700 /data
COPY --from=build /opt/relais /opt/relais
LABEL org.opencontainers.image.title=relais \
      org.opencontainers.image.description="The ministry's assistant, in Tchap, in Slack and by mail" \
      org.opencontainers.image.licenses=Apache-2.0

ENV PATH=/opt/relais/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 RELAIS_DATA_DIR=/data
USER 10001:10001
WORKDIR /data
VOLUME /data
# For probes and webhooks from outside, set RELAIS_HTTP__BIND=0.0.0.0:8080 and publish the port.
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["/opt/relais/bin/python", "/opt/relais/healthcheck.py"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["relais"]
CMD ["run"]
