# One recipe for every service:
#
#     docker build --build-arg SERVICE=vault --tag scelle-vault .
#
# and one image of what compose.yaml needs beside them: keys and settings, the witness, simulators of the outside world:
#
#     docker build --target tools --tag scelle-tools .
#
# Any Debian or Ubuntu with Python 3.11 or later, its venv module and CA certificates does for BASE; name yours by digest.
ARG BASE=docker.io/library/python:3.12-slim-bookworm

FROM ${BASE} AS bootstrap
WORKDIR /src
COPY locks/bootstrap.txt locks/
RUN python3 -m venv /opt/bootstrap \
 && /opt/bootstrap/bin/pip install --quiet --no-cache-dir --require-hashes -r locks/bootstrap.txt \
 && python3 -m venv --without-pip /opt/scelle

FROM bootstrap AS build
ARG SERVICE
RUN test -n "${SERVICE}" || { echo "name the service: --build-arg SERVICE=vault" >&2; exit 1; }
COPY locks/${SERVICE}.txt locks/
# Everything from elsewhere, and only what this service needs, is one layer that changes with the locks alone.
RUN /opt/bootstrap/bin/uv pip sync --quiet --no-cache --python /opt/scelle/bin/python --require-hashes locks/${SERVICE}.txt
COPY deploy/images/sbom.py .
COPY libs libs
COPY services/${SERVICE} services/${SERVICE}
RUN for member in bus chassis contracts eventstore proof; do \
      /opt/bootstrap/bin/uv build --quiet --wheel --out-dir wheels libs/${member} || exit 1; \
    done \
 && /opt/bootstrap/bin/uv build --quiet --wheel --out-dir wheels services/${SERVICE} \
 && /opt/bootstrap/bin/uv pip install --quiet --no-cache --no-index --no-deps --compile-bytecode \
      --python /opt/scelle/bin/python wheels/*.whl \
 && ln -s scelle-${SERVICE} /opt/scelle/bin/service \
 && /opt/scelle/bin/python sbom.py ${SERVICE} locks/${SERVICE}.txt > /opt/scelle/sbom.cdx.json

FROM bootstrap AS build-tools
COPY locks/tools.txt locks/
RUN /opt/bootstrap/bin/uv pip sync --quiet --no-cache --python /opt/scelle/bin/python --require-hashes locks/tools.txt
COPY deploy/images/sbom.py .
COPY deploy/gateway deploy/gateway
COPY libs/proof libs/proof
COPY sandbox sandbox
COPY launcher launcher
RUN for member in libs/proof sandbox launcher; do \
      /opt/bootstrap/bin/uv build --quiet --wheel --out-dir wheels ${member} || exit 1; \
    done \
 && /opt/bootstrap/bin/uv pip install --quiet --no-cache --no-index --no-deps --compile-bytecode \
      --python /opt/scelle/bin/python wheels/*.whl \
 && /opt/scelle/bin/python sbom.py tools locks/tools.txt > /opt/scelle/sbom.cdx.json
# A new volume takes over the owner of the folder that it is mounted on.
RUN for name in secrets identity dossier vault messaging lre-gateway journal portal postgres nats s3 openbao gateway \
      witnesses idnot sms mail tsa ar24; do mkdir -p /volumes/prepared/${name} || exit 1; done

FROM ${BASE} AS tools
ARG REVISION=unknown
LABEL org.opencontainers.image.title="scelle-tools" \
      org.opencontainers.image.revision="${REVISION}" \
      org.scelle.sbom="/opt/scelle/sbom.cdx.json"
COPY --from=build-tools /opt/scelle /opt/scelle
COPY --from=build-tools --chown=65532:65532 /volumes/ /
ENV PATH=/opt/scelle/bin:/usr/bin:/bin PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 SCELLE_HEALTH_PORT=8080
WORKDIR /
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["/opt/scelle/bin/python", "-c", "from os import environ; from urllib.request import urlopen; urlopen('http://127.0.0.1:' + environ['SCELLE_HEALTH_PORT'] + '/livez', timeout=2)"]
ENTRYPOINT ["/opt/scelle/bin/python", "-m"]
CMD ["launcher", "--help"]

FROM ${BASE}
ARG SERVICE
ARG REVISION=unknown
LABEL org.opencontainers.image.title="scelle-${SERVICE}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.scelle.sbom="/opt/scelle/sbom.cdx.json"
COPY --from=build /opt/scelle /opt/scelle
ENV PATH=/opt/scelle/bin:/usr/bin:/bin PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 SCELLE_HEALTH_PORT=8080
WORKDIR /
USER 65532:65532
# Every verb that lives answers on this port; the address is that of the container's own network.
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["/opt/scelle/bin/python", "-c", "from os import environ; from urllib.request import urlopen; urlopen('http://127.0.0.1:' + environ['SCELLE_HEALTH_PORT'] + '/livez', timeout=2)"]
ENTRYPOINT ["/opt/scelle/bin/service"]
CMD ["serve"]
