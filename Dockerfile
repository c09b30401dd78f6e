# Small, not root, with a health check. Build: docker build -t homeward .
FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE requirements.lock ./
RUN python -m venv /opt/homeward && /opt/homeward/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY gateway gateway
COPY adapters adapters
COPY schemas schemas
RUN /opt/homeward/bin/pip install --no-cache-dir --no-deps .

FROM python:3.11-slim
# Chinese letters for papers: TrueType, 5 MB, Apache-2.0.
RUN apt-get update && apt-get install -y --no-install-recommends fonts-wqy-microhei && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --create-home homeward && mkdir /data && chown homeward /data
COPY --from=build /opt/homeward /opt/homeward
ENV PATH=/opt/homeward/bin:$PATH PYTHONUNBUFFERED=1 HOMEWARD_DATA=/data HOMEWARD_HOST=0.0.0.0 HOMEWARD_PORT=8080 \
    HOMEWARD_PDF_FONT=/usr/share/fonts/truetype/wqy/wqy-microhei.ttc
USER homeward
VOLUME /data
EXPOSE 8080
# `work` processes serve nothing; give them `--no-healthcheck`, or rely on their restart policy.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
ENTRYPOINT ["homeward"]
CMD ["serve"]
