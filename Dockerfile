# One image for every process of Sokbo; docker-compose.yml says which one a container is.
FROM python:3.11-slim AS build
WORKDIR /app
RUN python -m venv /venv
COPY requirements.lock ./
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY sokbo sokbo
COPY service service
COPY workers workers
COPY templates templates
# Editable, because the templates lie beside the packages and not in them.
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation --editable . \
    && /venv/bin/python -m compileall -q /app

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data --no-create-home sokbo && install -d -o sokbo -g sokbo -m 700 /data /media
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 SOKBO_HOST=0.0.0.0 SOKBO_DATA=/data
WORKDIR /app
USER sokbo
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=10s --start-period=20s CMD ["sokbo", "check"]
CMD ["python", "-m", "service"]
